-- Grain: one violating thing per check: check_id, entity_id, field_path, defect, event_date.
-- Above 1,000 findings of one check, defect, path and date the rest is one row with its count.
with

families as (

    {% for family in check_families() %}
    select {{ finding_columns() }} from {{ ref('int_findings__' ~ family) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

distinct_findings as (

    select
        check_id,
        event_date,
        source,
        dataset_id,
        entity_type,
        entity_id,
        field_path,
        defect,
        dimension,
        evidence,
        occurrences,
        value_at_risk,
        currency,
        row_number() over (
            partition by check_id, entity_id, field_path, defect, event_date order by dataset_id, evidence
        ) as repeat_ordinal,
        sum(occurrences) over (partition by check_id, entity_id, field_path, defect, event_date) as all_occurrences
    from families

),

ordered as (

    select
        *,
        row_number() over (
            partition by check_id, defect, field_path, event_date order by entity_id
        ) as ordinal
    from distinct_findings
    where repeat_ordinal = 1

),

capped as (

    select
        check_id,
        event_date,
        source,
        dataset_id,
        entity_type,
        entity_id,
        field_path,
        defect,
        dimension,
        evidence,
        all_occurrences as occurrences,
        value_at_risk,
        currency
    from ordered
    where ordinal <= 1000
    union all
    select
        check_id,
        event_date,
        min(source) as source,
        cast(null as {{ type_text() }}) as dataset_id,
        min(entity_type) as entity_type,
        '(' || {{ as_text('count(*)') }} || ' more)' as entity_id,
        field_path,
        defect,
        '' as dimension,
        'beyond the first 1,000 of this check, defect, path and date' as evidence,
        cast(sum(all_occurrences) as {{ type_integer() }}) as occurrences,
        sum(value_at_risk) as value_at_risk,
        min(currency) as currency
    from ordered
    where ordinal > 1000
    group by check_id, event_date, field_path, defect

),

statuses as (

    select
        check_id,
        max(case when status = 'fail' then 1 else 0 end) as has_failed
    from {{ ref('fct_check_results') }}
    group by check_id

),

surfaces as (

    select check_id, surface from {{ ref('checks') }}

),

earlier as (

    select check_id, entity_id, field_path, defect, event_date, min(first_seen_at) as first_seen_at
    from {{ source('published', 'fct_findings') }}
    group by check_id, entity_id, field_path, defect, event_date

),

findings as (

    select
        capped.check_id,
        capped.event_date,
        case when statuses.has_failed = 1 then 'fail' else 'warn' end as severity,
        surfaces.surface,
        capped.source,
        capped.dataset_id,
        capped.entity_type,
        capped.entity_id,
        capped.field_path,
        capped.defect,
        capped.dimension,
        capped.evidence,
        cast(capped.occurrences as {{ type_integer() }}) as occurrences,
        cast(capped.value_at_risk as {{ type_money() }}) as value_at_risk,
        capped.currency,
        coalesce(earlier.first_seen_at, {{ as_of() }}) as first_seen_at,
        '{{ setting("run_id") }}' as run_id
    from capped
    left join statuses on capped.check_id = statuses.check_id
    left join surfaces on capped.check_id = surfaces.check_id
    left join earlier
        on
            capped.check_id = earlier.check_id
            and capped.entity_id = earlier.entity_id
            and capped.field_path = earlier.field_path
            and capped.defect = earlier.defect
            and capped.event_date = earlier.event_date

)

select * from findings
