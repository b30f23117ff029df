"""Hash forensics: each verdict once, no more recoverable than counted."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.agg_hash_forensics"
NEEDS = frozenset({"capi"})
NEEDS_ROWS = False
# Grain: one row per row of the table.
QUERY = """
select
    event_date,
    destination,
    dataset_id,
    payload_key,
    verdict,
    form,
    event_count,
    recoverable_count
from marts_next.agg_hash_forensics
"""


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.is_grain(
                "event_date", "destination", "dataset_id", "payload_key", "verdict", "form"
            ),
            rules.not_below("event_count", "recoverable_count"),
        ],
    )
