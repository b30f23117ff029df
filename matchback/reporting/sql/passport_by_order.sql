-- Grain: one reconciled event that carries the id as order id, in one of its spellings.
select
    event_date,
    reconciled_event_id
from marts.fct_reconciled_events
where
    event_date between $first_date and $last_date
    and lower(order_id) in ($order_key, $order_key_with_sign)
order by
    event_date,
    reconciled_event_id
limit 50
