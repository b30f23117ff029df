"""Conservation: every client event of the window stands once in each dataset's verdicts."""

import great_expectations as gx

from expectations import rules
from expectations.thresholds import Thresholds

RELATION = "marts_next.fct_reconciled_events"
NEEDS = frozenset({"ga4"})
NEEDS_ROWS = True
# Grain: one row per dataset, or one without dataset when nothing was reconciled.
QUERY = """
with

bounds as (

    select min(window_start) as first_date, max(window_end) as last_date
    from marts_next.fct_check_results

),

clients as (

    select count(*) as client_event_count
    from work.int_client_events as events
    inner join bounds on events.event_date between bounds.first_date and bounds.last_date

),

datasets as (

    select
        dataset_id,
        sum(case when in_client then 1 else 0 end) as reconciled_client_count
    from marts_next.fct_reconciled_events
    group by dataset_id

)

select
    datasets.dataset_id,
    clients.client_event_count,
    coalesce(datasets.reconciled_client_count, 0) as reconciled_client_count
from clients
left join datasets on true
"""


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=f"{RELATION} (conservation)",
        expectations=[
            rules.has_rows(),
            rules.same("client_event_count", "reconciled_client_count"),
        ],
    )
