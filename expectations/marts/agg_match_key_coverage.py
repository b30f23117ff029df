"""Match-key coverage: shares of the events that could carry the key."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.agg_match_key_coverage"
NEEDS = frozenset({"capi"})
NEEDS_ROWS = False
# Grain: one row per row of the table.
QUERY = """
select
    event_date,
    destination,
    dataset_id,
    canonical_event,
    match_key,
    event_count,
    event_with_key_count,
    coverage
from marts_next.agg_match_key_coverage
"""


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.is_grain(
                "event_date", "destination", "dataset_id", "canonical_event", "match_key"
            ),
            rules.not_below("event_count", "event_with_key_count"),
            rules.is_share("coverage"),
        ],
    )
