-- Grain: one row per check of the hit_ratio and dedup surfaces and dimension.
with

health as (

    select * from {{ ref('agg_event_health_daily') }}

),

reconciled as (

    select * from {{ ref('int_reconciled_events') }} where not is_test

),

servers as (

    select * from {{ ref('int_server_events_dated') }} where not is_test and accepted_attempt_count > 0

),

findings as (

    select check_id, event_date, dataset_id, dimension from {{ ref('int_findings__reconciliation') }}

),

purchase_rows as (

    select event_date, event_name
    from {{ ref('stg_ga4__events') }}
    where canonical_event = 'purchase' and event_date between {{ window_start() }} and {{ window_end() }}

),

counts as (

    select
        'duplicate_server' as check_id, event_date, canonical_event, dataset_id,
        case when accepted_attempt_count > 1 then 1 else 0 end as numerator, 1 as denominator
    from servers
    union all
    select
        'event_id_missing', event_date, canonical_event, dataset_id,
        case when event_id is null then 1 else 0 end, 1
    from servers
    union all
    select
        'timestamp_alignment', event_date, canonical_event, dataset_id,
        case when abs(seconds_apart) <= 300 then 1 else 0 end, 1
    from reconciled
    where is_pair
    union all
    select
        'event_name_consistency', event_date, canonical_event, dataset_id,
        case when server_canonical_event = canonical_event then 1 else 0 end, 1
    from reconciled
    where is_pair
    union all
    select
        'value_consistency', event_date, canonical_event, dataset_id,
        case when value_comparison = 'equal' then 1 else 0 end, 1
    from reconciled
    where is_pair and value_comparison is not null
    {% if setting('has_crm') %}
    union all
    select
        'crm_coverage_server', event_date, canonical_event, dataset_id,
        case when is_accepted then 1 else 0 end, 1
    from reconciled
    where in_crm and is_valid_order and is_owed_to_server
    union all
    select
        'crm_coverage_client', event_date, canonical_event, cast(null as {{ type_text() }}),
        max(case when in_client then 1 else 0 end), 1
    from reconciled
    where in_crm and is_valid_order
    group by event_date, canonical_event, crm_order_key
    union all
    select
        'ghost_conversion', event_date, canonical_event, dataset_id,
        case when is_without_order then 1 else 0 end, 1
    from reconciled
    where is_accepted and canonical_event = 'purchase' and is_final
    {% endif %}
    union all
    select 'client_duplicate', event_date, 'purchase', cast(null as {{ type_text() }}), 0, 1
    from purchase_rows
    union all
    select 'client_duplicate', event_date, 'purchase', cast(null as {{ type_text() }}), 1, 0
    from findings
    where check_id = 'client_duplicate'
    union all
    select
        'order_id_missing', event_date, 'purchase', cast(null as {{ type_text() }}),
        case when order_key is null then 1 else 0 end, 1
    from {{ ref('int_client_events') }}
    where canonical_event = 'purchase' and event_date between {{ window_start() }} and {{ window_end() }}

),

inputs as (

    select 'duplicate_server' as check_id, {{ flag(setting('has_capi')) }} as has_input
    union all
    select 'event_id_missing', {{ flag(setting('has_capi')) }}
    union all
    select 'timestamp_alignment', {{ flag(setting('has_capi') and setting('has_ga4')) }}
    union all
    select 'event_name_consistency', {{ flag(setting('has_capi') and setting('has_ga4')) }}
    union all
    select 'value_consistency', {{ flag(setting('has_capi') and setting('has_ga4')) }}
    union all
    select 'crm_coverage_server', {{ flag(setting('has_capi') and setting('has_crm')) }}
    union all
    select 'crm_coverage_client', {{ flag(setting('has_ga4') and setting('has_crm')) }}
    union all
    select 'ghost_conversion', {{ flag(setting('has_capi') and setting('has_crm')) }}
    union all
    select 'client_duplicate', {{ flag(setting('has_ga4')) }}
    union all
    select 'order_id_missing', {{ flag(setting('has_ga4')) }}

),

{{ roll_up_measures('counts', [
    'duplicate_server', 'event_id_missing', 'timestamp_alignment', 'event_name_consistency', 'value_consistency',
    'crm_coverage_server', 'crm_coverage_client', 'ghost_conversion', 'client_duplicate', 'order_id_missing'
], 'true') }},

rolled as (

    select
        measured.check_id,
        measured.event_date,
        measured.dimension,
        measured.dataset_id,
        measured.value,
        measured.numerator,
        measured.denominator,
        inputs.has_input
    from measured
    inner join inputs on measured.check_id = inputs.check_id

),

{% set both_sides = flag(setting('has_ga4') and setting('has_capi')) %}

hit_ratios as (

    select
        'hit_ratio' as check_id,
        event_date,
        'canonical_event=' || canonical_event || ',dataset_id=' || dataset_id as dimension,
        dataset_id,
        hit_ratio as value,
        server_accepted_count as numerator,
        consented_client_count as denominator,
        {{ both_sides }} as has_input
    from health
    union all
    select
        'dedup_rate' as check_id,
        event_date,
        'canonical_event=' || canonical_event || ',dataset_id=' || dataset_id as dimension,
        dataset_id,
        dedup_rate as value,
        cast(round(dedup_rate * pair_count) as {{ type_integer() }}) as numerator,
        pair_count as denominator,
        {{ both_sides }} as has_input
    from health

),

no_days as (

    select
        expected.check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        cast(null as {{ type_double() }}) as value,
        cast(0 as {{ type_integer() }}) as numerator,
        cast(0 as {{ type_integer() }}) as denominator,
        false as has_input
    from (select 'hit_ratio' as check_id union all select 'dedup_rate' as check_id) as expected
    where not exists (select 1 from health) or not {{ both_sides }}

),

published_history as (

    select event_date, canonical_event, dataset_id, hit_ratio
    from {{ source('published', 'agg_event_health_daily') }}
    where event_date between {{ window_start(-14) }} and {{ window_start(-1) }} and consented_client_count >= {{ setting('min_n') }}
    union all
    select event_date, canonical_event, dataset_id, hit_ratio
    from health
    where consented_client_count >= {{ setting('min_n') }}

),

drops as (

    select
        'hit_ratio_drop' as check_id,
        health.event_date,
        'canonical_event=' || health.canonical_event || ',dataset_id=' || health.dataset_id as dimension,
        health.dataset_id,
        case
            when health.hit_ratio < 0.6 then least(health.hit_ratio / nullif({{ median_of('history.hit_ratio') }}, 0), 0)
            else health.hit_ratio / nullif({{ median_of('history.hit_ratio') }}, 0)
        end as value,
        health.server_accepted_count as numerator,
        health.consented_client_count as denominator,
        {{ both_sides }} as has_input
    from health
    inner join published_history as history
        on
            health.canonical_event = history.canonical_event
            and health.dataset_id = history.dataset_id
            and history.event_date between {{ add_days('health.event_date', -14) }} and {{ add_days('health.event_date', -1) }}
    group by
        health.event_date, health.canonical_event, health.dataset_id, health.hit_ratio,
        health.server_accepted_count, health.consented_client_count
    having count(history.hit_ratio) >= 7

),

reused as (

    select
        'event_id_reused' as check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        cast(null as {{ type_double() }}) as value,
        (select {{ count_where("check_id = 'event_id_reused'") }} from findings) as numerator,
        (select count(*) from servers) + (select count(*) from {{ ref('int_client_events') }}) as denominator,
        {{ flag(setting('has_ga4') or setting('has_capi')) }} as has_input

),

all_measures as (

    select {{ measure_columns() }} from rolled
    union all
    select {{ measure_columns() }} from hit_ratios
    union all
    select {{ measure_columns() }} from no_days
    union all
    select {{ measure_columns() }} from drops
    union all
    select {{ measure_columns() }} from reused

)

select {{ measure_columns() }} from all_measures
