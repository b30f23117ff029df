-- Grain: one reconciled event, at most a few per verdict that costs money, the dearest first.
with

ranked_events as (

    select
        status,
        event_date,
        canonical_event,
        dataset_id,
        order_id,
        client_event_id,
        server_event_id,
        array_to_string(reasons, ',') as reasons,
        coalesce(crm_value, client_value, server_value) as event_value,
        coalesce(crm_currency, client_currency, server_currency) as currency,
        row_number() over (
            partition by status
            order by
                coalesce(crm_value, client_value, server_value, 0) desc,
                event_date desc,
                reconciled_event_id
        ) as position
    from marts.fct_reconciled_events
    where
        event_date between $window_start and $window_end
        and status not in ('matched', 'matched_probable', 'denied_not_sent', 'blocked', 'test')

)

select
    status,
    event_date,
    canonical_event,
    dataset_id,
    order_id,
    client_event_id,
    server_event_id,
    reasons,
    event_value,
    currency
from ranked_events
where position <= $row_cap
order by
    status,
    position
