-- Grain: one row per date, canonical event, destination and dataset.
with

events as (

    select * from {{ ref('int_reconciled_events') }} where not is_test

),

counted as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        {{ event_health_counts() }},
        sum(client_value) as client_value,
        sum(case when is_accepted then server_value end) as server_value,
        sum(case when is_valid_order then crm_value end) as crm_value,
        min(coalesce(client_currency, crm_currency, server_currency)) as lowest_currency,
        max(coalesce(client_currency, crm_currency, server_currency)) as highest_currency
    from events
    group by event_date, canonical_event, destination, dataset_id

),

health as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        {{ event_health_rates() }},
        {{ wilson('server_accepted_count', 'consented_client_count', 'low') }} as hit_ratio_low,
        {{ wilson('server_accepted_count', 'consented_client_count', 'high') }} as hit_ratio_high,
        {{ wilson('dedup_count', 'pair_count', 'low') }} as dedup_rate_low,
        {{ wilson('dedup_count', 'pair_count', 'high') }} as dedup_rate_high,
        case when lowest_currency = highest_currency then cast(client_value as {{ type_money() }}) end as client_value,
        case when lowest_currency = highest_currency then cast(server_value as {{ type_money() }}) end as server_value,
        case when lowest_currency = highest_currency then cast(crm_value as {{ type_money() }}) end as crm_value,
        case when lowest_currency = highest_currency then lowest_currency end as currency,
        '{{ setting("run_id") }}' as run_id
    from counted

)

select * from health
