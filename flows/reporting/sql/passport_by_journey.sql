-- Grain: one reconciled event of the journey, newest first.
select
    event_date,
    reconciled_event_id
from marts.fct_reconciled_events
where
    canonical_digest = $digest
    and canonical_id = $id
order by
    event_date desc,
    reconciled_event_id
limit 50
