-- Grain: one row per consent check and dimension.
with

deliveries as (

    select * from {{ ref('int_deliveries_judged') }}
    where reported_date between {{ window_start() }} and {{ window_end() }} and not is_test

),

findings as (

    select check_id, event_date, dimension, dataset_id from {{ ref('int_findings__consent') }}

),

desyncs as (

    select * from {{ ref('int_consent_desyncs') }}

),

consent_rows as (

    select count(*) as row_count
    from {{ ref('stg_consent__decisions') }}
    -- The column itself is bounded too, as a filter that skips what is older.
    where
        event_date between {{ window_start() }} and {{ window_end() }}
        and decided_at between {{ window_opens_at() }} and {{ window_closes_at() }}

),

-- Decisions of the gateway: a logical event counts once per destination, however often it was tried.
logical as (

    select
        destination,
        dataset_id,
        event_id,
        order_id,
        coalesce(canonical_event, event_name, 'unknown') as canonical_event,
        min(reported_date) as event_date,
        max(case when is_over_blocked then 1 else 0 end) as is_over_blocked
    from deliveries
    where is_gateway
    group by destination, dataset_id, event_id, order_id, coalesce(canonical_event, event_name, 'unknown')

),

gateway_size as (

    select count(*) as gateway_count from logical

),

sizes as (

    select
        count(*) as delivery_count,
        {{ count_where("consent_evidence <> 'none'") }} as evidenced_count
    from deliveries

),

finding_counts as (

    select check_id, count(*) as finding_count
    from findings
    group by check_id

),

desync_count as (

    select count(*) as pair_count from desyncs

),

checks as (

    {% for check_id in ['consent_violation', 'field_minimisation', 'consent_proof', 'over_blocked', 'consent_desync'] %}
    select '{{ check_id }}' as check_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

all_rows as (

    select
        checks.check_id,
        coalesce(finding_counts.finding_count, 0) as numerator,
        case checks.check_id
            when 'consent_desync' then desync_count.pair_count
            when 'over_blocked' then gateway_size.gateway_count
            when 'consent_proof' then gateway_size.gateway_count + consent_rows.row_count
            else sizes.delivery_count
        end as denominator,
        case checks.check_id
            when 'consent_violation' then sizes.evidenced_count > 0
            when 'field_minimisation' then sizes.delivery_count > 0
            when 'consent_proof' then gateway_size.gateway_count + consent_rows.row_count > 0
            when 'over_blocked' then gateway_size.gateway_count > 0
            else desync_count.pair_count > 0
        end as has_input
    from checks
    cross join sizes
    cross join gateway_size
    cross join desync_count
    cross join consent_rows
    left join finding_counts on checks.check_id = finding_counts.check_id

),

rate_rows as (

    select
        'over_blocked' as check_id,
        event_date,
        {{ event_dimension('canonical_event', 'dataset_id') }} as dimension,
        dataset_id,
        sum(is_over_blocked) as numerator,
        count(*) as denominator
    from logical
    group by event_date, canonical_event, dataset_id
    union all
    select
        'consent_desync' as check_id,
        event_date,
        {{ event_dimension('canonical_event', 'dataset_id') }} as dimension,
        dataset_id,
        {{ count_where('is_marketing_desync or is_analytics_desync') }} as numerator,
        count(*) as denominator
    from desyncs
    group by event_date, canonical_event, dataset_id

),

final as (

    select
        check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        case when check_id in ('consent_violation', 'field_minimisation', 'consent_proof') then cast(numerator as {{ type_double() }}) end as value,
        cast(numerator as {{ type_integer() }}) as numerator,
        cast(denominator as {{ type_integer() }}) as denominator,
        has_input
    from all_rows
    union all
    select
        check_id,
        event_date,
        dimension,
        dataset_id,
        cast(null as {{ type_double() }}) as value,
        cast(numerator as {{ type_integer() }}) as numerator,
        cast(denominator as {{ type_integer() }}) as denominator,
        true as has_input
    from rate_rows

)

select * from final
