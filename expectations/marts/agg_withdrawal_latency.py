"""Sends after a withdrawal: each destination once a date, quantiles in order."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.agg_withdrawal_latency"
NEEDS = frozenset({"capi"})
NEEDS_ROWS = False
# Grain: one row per row of the table.
QUERY = """
select
    event_date,
    destination,
    latency_p50_s,
    latency_p95_s,
    latency_max_s
from marts_next.agg_withdrawal_latency
"""


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.is_grain("event_date", "destination"),
            rules.within("latency_p50_s", 0, None),
            rules.not_below("latency_p95_s", "latency_p50_s"),
            rules.not_below("latency_max_s", "latency_p95_s"),
        ],
    )
