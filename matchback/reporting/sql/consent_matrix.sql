-- Grain: one row per destination and required tier.
select
    coalesce(destination, 'unknown') as destination,
    coalesce(required_tier, 'none') as tier,
    sum(sent_count) - sum(leaked_count) - sum(basis_mismatch_count) as sent_count,
    sum(blocked_count) - sum(over_blocked_count) as kept_count,
    sum(leaked_count) + sum(basis_mismatch_count) as leak_count,
    sum(over_blocked_count) as over_blocked_count,
    sum(missing_decision_count) as missing_count
from marts.agg_consent_matrix
where event_date between $window_start and $window_end
group by
    coalesce(destination, 'unknown'),
    coalesce(required_tier, 'none')
