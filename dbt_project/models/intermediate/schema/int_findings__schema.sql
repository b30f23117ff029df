-- Grain: one row per lasting difference from the contract and per name outside the taxonomy, dated at its first date.
with

drift as (

    select
        source, event_date, first_date, event_name, path, change, expected, observed,
        rows_affected, value_affected, release,
        max(case when event_date between {{ window_start() }} and {{ window_end() }} then 1 else 0 end)
            over (partition by source, event_name, path, change) as is_in_window
    from {{ ref('int_schema_drift') }}

),

names as (

    select
        event_date,
        kind,
        name,
        defect,
        row_count,
        min(event_date) over (partition by kind, name) as first_date,
        max(case when event_date between {{ window_start() }} and {{ window_end() }} then 1 else 0 end)
            over (partition by kind, name) as is_in_window
    from {{ ref('int_taxonomy_names') }}

),

found as (

    select
        'schema_drift' as check_id,
        event_date,
        source,
        source || '|' || event_name || '|' || path as entity_id,
        path as field_path,
        change as defect,
        'expected ' || expected || ', observed ' || observed || ' (' || {{ as_text('rows_affected') }} || ' rows)'
        || coalesce(', release ' || release, '') as evidence,
        value_affected as value_at_risk
    from drift
    where event_date = first_date and is_in_window = 1

    union all
    select
        'taxonomy',
        event_date,
        'ga4',
        'ga4|' || case when kind = 'event' then name || '|event_name' else '|event_params.' || name end,
        case when kind = 'event' then 'event_name' else 'event_params.' || name end,
        defect,
        {{ as_text('row_count') }} || ' rows on the first date',
        null
    from names
    where event_date = first_date and is_in_window = 1

),

shaped as (

    select
        check_id,
        event_date,
        source,
        cast(null as {{ type_text() }}) as dataset_id,
        'source_field' as entity_type,
        entity_id,
        field_path,
        defect,
        'source=' || source as dimension,
        evidence,
        cast(1 as {{ type_integer() }}) as occurrences,
        cast(value_at_risk as {{ type_money() }}) as value_at_risk,
        case when value_at_risk is not null then {{ quoted(setting('currency')) }} end as currency
    from found

)

select * from shaped
