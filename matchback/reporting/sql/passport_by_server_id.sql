-- Grain: one reconciled event that carries the id as the server's event id.
select
    event_date,
    reconciled_event_id
from marts.fct_reconciled_events
where
    event_date between $first_date and $last_date
    and server_event_digest = $digest
    and server_event_id = $id
order by
    event_date,
    reconciled_event_id
limit 50
