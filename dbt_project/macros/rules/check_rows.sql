{#- The columns of every int_findings model, in the order of the union. -#}
{% macro finding_columns() -%}
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
    currency
{%- endmacro %}

{#- The columns of every int_measures model, in the order of the union. -#}
{% macro measure_columns() -%}
    check_id,
    event_date,
    dimension,
    dataset_id,
    value,
    numerator,
    denominator,
    has_input
{%- endmacro %}

{#-
    Measures from a CTE of (check_id, event_date, canonical_event, dataset_id, numerator, denominator):
    one row per check over all, and one per date, canonical event and dataset, as CTEs ending in `measured`.
    checks: the ids that must appear even when the CTE holds no row for them. has_input: SQL condition.
-#}
{% macro roll_up_measures(counts, checks, has_input, with_all=true) -%}
expected_checks as (

    {% for check in checks %}
    select '{{ check }}' as check_id{{ ' union all' if not loop.last }}
    {% endfor %}

),

overall as (

    select
        expected_checks.check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        cast(null as {{ type_double() }}) as value,
        cast(coalesce(sum(counts.numerator), 0) as {{ type_integer() }}) as numerator,
        cast(coalesce(sum(counts.denominator), 0) as {{ type_integer() }}) as denominator,
        {{ has_input }} as has_input
    from expected_checks
    left join {{ counts }} as counts on expected_checks.check_id = counts.check_id
    group by expected_checks.check_id

),

by_event as (

    select
        check_id,
        event_date,
        'canonical_event=' || canonical_event || coalesce(',dataset_id=' || dataset_id, '') as dimension,
        dataset_id,
        cast(null as {{ type_double() }}) as value,
        cast(sum(numerator) as {{ type_integer() }}) as numerator,
        cast(sum(denominator) as {{ type_integer() }}) as denominator,
        {{ has_input }} as has_input
    from {{ counts }} as counts
    where canonical_event is not null
    group by check_id, event_date, canonical_event, dataset_id
    having sum(counts.denominator) > 0

),

measured as (

    {% if with_all %}
    select {{ measure_columns() }} from overall
    union all
    {% endif %}
    select {{ measure_columns() }} from by_event

)
{%- endmacro %}

{#- A boolean of the configuration as SQL. -#}
{% macro flag(condition) -%}
    {{ 'true' if condition else 'false' }}
{%- endmacro %}
