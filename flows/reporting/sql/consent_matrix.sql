-- Grain: one row per destination, required tier, outcome, policy decision and reasons.
select
    destination,
    required_tier,
    outcome,
    policy_decision,
    is_violation,
    array_to_string(violation_reasons, ',') as violation_reasons,
    count(*) as delivery_count
from marts.fct_deliveries
where
    event_date between $window_start and $window_end
    and not coalesce(is_test, false)
group by
    destination,
    required_tier,
    outcome,
    policy_decision,
    is_violation,
    array_to_string(violation_reasons, ',')
