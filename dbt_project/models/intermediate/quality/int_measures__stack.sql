{%- set declared_stack = setting('stack') or {} -%}
{%- set stack_checks = ['sgtm_custom_domain', 'ga4_via_sgtm', 'capi_integration', 'hash_convention'] -%}
-- Grain: one row per declared fact of the stack.
with

declared_facts as (
    {% for check_id in stack_checks %}
    {%- set declared = declared_stack.get(check_id) %}
    select
        '{{ check_id }}' as check_id,
        {% if declared is none -%}
        cast(null as {{ type_text() }})
        {%- elif declared is sameas true -%}
        'active'
        {%- elif declared is sameas false -%}
        'none'
        {%- else -%}
        '{{ dbt.escape_single_quotes(declared | string | lower | trim) }}'
        {%- endif %} as declared
    {% if not loop.last %}union all{% endif %}
    {%- endfor %}

),

verdicts as (

    select
        check_id,
        declared,
        verdict
    from {{ ref('stack_declarations') }}

),

deliveries as (

    select
        {{ count_where(is_reconciled('destination') ~ " and outcome = 'accepted' and not is_test") }} as accepted_capi_count,
        {{ count_where("source_format = 'gateway_audit'") }} as gateway_count,
        {{ count_where("source_format = 'gateway_audit' and destination = 'ga4'") }} as gateway_ga4_count,
        count(*) as attempt_count
    from {{ ref('int_delivery_attempts') }}

),

-- Hashes sent in another form than declared; the same figure that the key coverage shows.
hashes as (

    select
        coalesce(sum(event_with_key_count), 0) as sent_count,
        coalesce(sum(hashed_count), 0) as hashed_count
    from {{ ref('int_match_keys_counted') }}
    where hashed_count is not null

),

-- A declaration that would pass fails when the logs say otherwise.
judged_facts as (

    select
        declared_facts.check_id,
        case
            when verdicts.verdict = 1 and declared_facts.check_id = 'capi_integration'
                and deliveries.attempt_count > 0 and deliveries.accepted_capi_count = 0
                then 0.0
            when verdicts.verdict = 1 and declared_facts.check_id = 'ga4_via_sgtm'
                and deliveries.gateway_count > 0 and deliveries.gateway_ga4_count = 0
                then 0.0
            when verdicts.verdict = 1 and declared_facts.check_id = 'hash_convention'
                and hashes.hashed_count < hashes.sent_count
                then 0.0
            else verdicts.verdict
        end as verdict
    from declared_facts
    left join verdicts
        on declared_facts.check_id = verdicts.check_id
        and declared_facts.declared = verdicts.declared
    cross join deliveries
    cross join hashes

),

measured as (

    select
        check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        cast(verdict as {{ type_double() }}) as value,
        cast(null as {{ type_integer() }}) as numerator,
        cast(null as {{ type_integer() }}) as denominator,
        verdict is not null as has_input
    from judged_facts

)

select * from measured
