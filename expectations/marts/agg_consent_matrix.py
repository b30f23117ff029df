"""The consent matrix: parts never exceed their whole."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.agg_consent_matrix"
NEEDS = frozenset({"capi"})
NEEDS_ROWS = False
# Grain: one row per row of the table.
QUERY = """
select
    event_date,
    destination,
    required_tier,
    effective_consent,
    delivery_count,
    sent_count + blocked_count as decided_count,
    sent_count,
    leaked_count + basis_mismatch_count as violating_count,
    blocked_count,
    over_blocked_count
from marts_next.agg_consent_matrix
"""


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.is_grain("event_date", "destination", "required_tier", "effective_consent"),
            rules.same("delivery_count", "decided_count"),
            rules.not_below("sent_count", "violating_count"),
            rules.not_below("blocked_count", "over_blocked_count"),
        ],
    )
