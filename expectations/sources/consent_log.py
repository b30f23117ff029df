"""What landing promises of consent decisions: each dated, from a recorded load."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "landing.consent_log"
NEEDS = frozenset({"consent"})
NEEDS_ROWS = False
# Grain: one row per UTC date of the decisions.
QUERY = """
with

bounds as (

    select cast($first_date as date) as first_date, cast($last_date as date) as last_date

),

loads as (

    select distinct file_name from landing.load_ledger where source = 'consent' and error is null

)

select
    cast(decisions.decided_at as date) as decided_date,
    count(*) as row_count,
    sum(case when decisions.decided_at is null then 1 else 0 end) as undated_count,
    sum(case when loads.file_name is null then 1 else 0 end) as unledgered_count,
    sum(case when decisions.action in ('given', 'updated', 'withdrawn') then 0 else 1 end) as unknown_action_count,
    sum(case when decisions.user_id is null and decisions.client_id is null then 1 else 0 end) as anonymous_count
from landing.consent_log as decisions
cross join bounds
left join loads on decisions.file_name = loads.file_name
where
    decisions.decided_at is null
    or cast(decisions.decided_at as date) between bounds.first_date - 1 and bounds.last_date + 2
group by cast(decisions.decided_at as date)
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.none_of("undated_count"),
            rules.none_of("unledgered_count"),
            rules.none_of("unknown_action_count", severity=rules.WARNING),
            rules.none_of("anonymous_count", severity=rules.WARNING),
        ],
    )
