"""What a destination will count: its parts add up, and money has its currency."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.agg_dedup_forecast"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = False
# Grain: one row per date, canonical event, destination, dataset and currency.
QUERY = """
select
    event_date,
    canonical_event,
    destination,
    dataset_id,
    currency,
    expected_count,
    browser_count + server_count - pair_count as derived_expected_count,
    overcount,
    expected_count - true_count as derived_overcount,
    case when least(browser_count, server_count, pair_count, true_count) < 0 then 1 else 0 end as negative_count
from marts_next.agg_dedup_forecast
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.is_grain(
                "event_date", "canonical_event", "destination", "dataset_id", "currency"
            ),
            rules.not_null("currency"),
            rules.same("expected_count", "derived_expected_count"),
            rules.same("overcount", "derived_overcount"),
            rules.none_of("negative_count"),
        ],
    )
