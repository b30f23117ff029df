"""The score: each surface once, within its scale."""

import great_expectations as gx

from matchback.expectations import rules, vocabulary
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.agg_health_score"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = True
# Grain: one row per row of the table.
QUERY = """
select
    run_id,
    surface,
    score,
    coverage,
    grade,
    case when score is not null and grade is null then 1 else 0 end as ungraded_count
from marts_next.agg_health_score
"""


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    surfaces = {one.surface for one in thresholds.values()} | {"overall"}
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.is_grain("run_id", "surface"),
            rules.holds_all("surface", sorted(surfaces)),
            rules.within("score", 0, 100),
            rules.is_share("coverage"),
            rules.not_null("coverage"),
            rules.one_of("grade", vocabulary.GRADES),
            rules.none_of("ungraded_count"),
        ],
    )
