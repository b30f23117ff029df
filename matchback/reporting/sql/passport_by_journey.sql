-- Grain: one reconciled event of the journey, newest first.
select
    event_date,
    reconciled_event_id
from marts.fct_reconciled_events
where
    event_date between $first_date and $last_date
    and canonical_digest = $digest
    and canonical_id = $id
order by
    event_date desc,
    reconciled_event_id
limit 50
