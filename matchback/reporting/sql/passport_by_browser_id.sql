-- Grain: one reconciled event that carries the id as the browser's event id.
select
    event_date,
    reconciled_event_id
from marts.fct_reconciled_events
where
    event_date between $first_date and $last_date
    and client_event_digest = $digest
    and client_event_id = $id
order by
    event_date,
    reconciled_event_id
limit 50
