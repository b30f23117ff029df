-- Grain: one reconciled event that carries the id as event id, or one of its spellings as order id.
select
    event_date,
    reconciled_event_id
from marts.fct_reconciled_events
where client_event_id = $id
union distinct
select
    event_date,
    reconciled_event_id
from marts.fct_reconciled_events
where server_event_id = $id
union distinct
select
    event_date,
    reconciled_event_id
from marts.fct_reconciled_events
where lower(order_id) in ($order_key, $order_key_with_sign)
limit 50
