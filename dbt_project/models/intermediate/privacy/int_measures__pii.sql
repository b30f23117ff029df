-- Grain: one row, check plain_pii over the window.
with

findings as (

    select count(*) as finding_count from {{ ref('int_findings__pii') }}

),

scans as (

    select count(*) as file_count from {{ source('landing', 'pii_scans') }}

),

measured as (

    select
        'plain_pii' as check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        cast(null as {{ type_double() }}) as value,
        cast(findings.finding_count as {{ type_integer() }}) as numerator,
        cast(null as {{ type_integer() }}) as denominator,
        scans.file_count > 0 as has_input
    from findings
    cross join scans

)

select {{ measure_columns() }} from measured
