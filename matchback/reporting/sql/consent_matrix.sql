-- Grain: one row per destination and required tier.
select
    destination,
    required_tier,
    sum(sent_count) as sent_count,
    sum(blocked_count) as blocked_count,
    sum(leaked_count) as leaked_count,
    sum(over_blocked_count) as over_blocked_count,
    sum(basis_mismatch_count) as basis_mismatch_count,
    sum(missing_decision_count) as missing_decision_count
from marts.agg_consent_matrix
where event_date between $window_start and $window_end
group by
    destination,
    required_tier
