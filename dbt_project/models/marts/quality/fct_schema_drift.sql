-- Grain: one row per date, source, event and path that differs from the contract.
with

drift as (

    select
        event_date, source, event_name, path, change, expected, observed, is_breaking,
        rows_affected, value_affected, release, contract_version
    from {{ ref('int_schema_drift') }}
    where event_date between {{ window_start() }} and {{ window_end() }}

),

published as (

    select
        event_date,
        source,
        event_name,
        path,
        change,
        expected,
        observed,
        is_breaking,
        rows_affected,
        value_affected,
        release,
        contract_version,
        {{ quoted(setting('run_id')) }} as run_id
    from drift

)

select * from published
