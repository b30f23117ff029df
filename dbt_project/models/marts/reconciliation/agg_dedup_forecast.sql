-- Grain: one row per date, canonical event, destination, dataset and currency: what the destination will count after its own deduplication.
with

events as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        coalesce(client_currency, server_currency, '{{ setting("currency") }}') as currency,
        case when in_client and not is_denied then 1 else 0 end as browser_events,
        case when is_accepted then accepted_attempt_count else 0 end as server_events,
        case when is_deduplicated and not is_denied then 1 else 0 end as deduplicated,
        case when (in_client and not is_denied) or is_accepted then 1 else 0 end as true_events,
        coalesce(server_value, client_value) as value,
        is_final
    from {{ ref('int_reconciled_events') }}
    where not is_test

),

summed as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        currency,
        cast(sum(browser_events) as {{ type_integer() }}) as browser_count,
        cast(sum(server_events) as {{ type_integer() }}) as server_count,
        cast(sum(deduplicated) as {{ type_integer() }}) as pair_count,
        cast(sum(true_events) as {{ type_integer() }}) as true_count,
        cast(sum((browser_events + server_events - deduplicated - true_events) * value) as {{ type_money() }}) as overcount_value,
        min(case when is_final then 1 else 0 end) = 1 as is_final
    from events
    where browser_events + server_events > 0
    group by event_date, canonical_event, destination, dataset_id, currency

),

forecast as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        currency,
        browser_count,
        server_count,
        pair_count,
        browser_count + server_count - pair_count as expected_count,
        true_count,
        browser_count + server_count - pair_count - true_count as overcount,
        coalesce(overcount_value, 0) as overcount_value,
        is_final,
        '{{ setting("run_id") }}' as run_id
    from summed

)

select * from forecast
