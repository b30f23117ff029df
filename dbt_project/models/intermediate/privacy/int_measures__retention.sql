-- Grain: one row per retention and erasure check.
with

findings as (

    select check_id, occurrences from {{ ref('int_findings__retention') }}

),

expected as (

    select 'retention_overdue' as check_id
    union all
    select 'erasure_overdue' as check_id

),

measured as (

    select
        expected.check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        cast(null as {{ type_double() }}) as value,
        cast(count(findings.check_id) as {{ type_integer() }}) as numerator,
        cast(count(findings.check_id) as {{ type_integer() }}) as denominator,
        true as has_input
    from expected
    left join findings on expected.check_id = findings.check_id
    group by expected.check_id

)

select {{ measure_columns() }} from measured
