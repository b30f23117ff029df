"""Deliveries: each decision or attempt once, judged by the closed lists of the policy."""

import great_expectations as gx

from matchback.expectations import rules, vocabulary
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.fct_deliveries"
NEEDS = frozenset({"capi"})
NEEDS_ROWS = False
# Grain: one row per outcome, policy decision, tier and consent state; the key figure is of the
# whole table.
QUERY = """
with

repeated_keys as (

    select delivery_id
    from marts_next.fct_deliveries
    group by delivery_id
    having count(*) > 1

)

select
    outcome,
    policy_decision,
    required_tier,
    effective_consent,
    count(*) as delivery_count,
    max((select count(*) from repeated_keys)) as repeated_key_count,
    sum(
        case when delivery_id is null or event_date is null or destination is null then 1 else 0 end
    ) as keyless_count,
    sum(
        case
            when is_violation = (coalesce(array_length(violation_reasons), 0) > 0) then 0
            else 1
        end
    ) as unexplained_violation_count,
    sum(case when is_violation and outcome = 'blocked' then 1 else 0 end) as blocked_violation_count
from marts_next.fct_deliveries
group by outcome, policy_decision, required_tier, effective_consent
"""


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.not_null("outcome"),
            rules.one_of("outcome", vocabulary.OUTCOMES),
            rules.not_null("policy_decision"),
            rules.one_of("policy_decision", vocabulary.POLICY_DECISIONS),
            rules.one_of("required_tier", vocabulary.TIERS),
            rules.one_of("effective_consent", vocabulary.CONSENT_STATES),
            rules.none_of("repeated_key_count"),
            rules.none_of("keyless_count"),
            rules.none_of("unexplained_violation_count"),
            rules.none_of("blocked_violation_count"),
        ],
    )
