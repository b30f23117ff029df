-- Grain: one row per date, canonical event and outcome: attempts that carried a test event code.
select
    event_date,
    canonical_event,
    outcome,
    count(*) as attempt_count
from marts.fct_deliveries
where
    event_date between $window_start and $window_end
    and is_test
group by
    event_date,
    canonical_event,
    outcome
order by
    event_date,
    canonical_event,
    outcome
