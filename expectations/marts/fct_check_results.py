"""The judgement of a run: every check of the seed once per dimension, in the closed list."""

import great_expectations as gx

from matchback.expectations import rules, vocabulary
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.fct_check_results"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = True
# Grain: one row per row of the table; event_day is empty on rows over all dates.
QUERY = """
select
    run_id,
    check_id,
    coalesce(cast(event_date as string), '') as event_day,
    dimension,
    status,
    case when threshold_kind like 'share%' then value end as share,
    interval_low,
    coalesce(interval_high, interval_low) as interval_high,
    case
        when status in ('pass', 'warn', 'fail') and threshold_kind like 'share%' and denominator < min_n then 1
        else 0
    end as premature_count,
    case when status in ('pass', 'warn', 'fail') and value is null then 1 else 0 end as unmeasured_count,
    case when is_final is null then 1 else 0 end as undecided_finality_count
from marts_next.fct_check_results
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.is_grain("run_id", "check_id", "event_day", "dimension"),
            rules.not_null("status"),
            rules.one_of("status", vocabulary.CHECK_STATUSES),
            rules.one_of("check_id", list(thresholds)),
            rules.holds_all("check_id", list(thresholds)),
            rules.is_share("share"),
            rules.not_below("interval_high", "interval_low"),
            rules.none_of("premature_count"),
            rules.none_of("unmeasured_count"),
            rules.none_of("undecided_finality_count"),
        ],
    )
