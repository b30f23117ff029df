"""Conservation: every client event has a verdict in each dataset, and no verdict was lost since."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.fct_reconciled_events"
NEEDS = frozenset({"ga4"})
NEEDS_ROWS = True
# Grain: one row per destination and dataset, or one without when nothing was reconciled.
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

verdicts as (

    select destination, dataset_id, count(*) as verdict_count
    from work.int_reconciled_events
    group by destination, dataset_id

),

datasets as (

    select
        destination,
        dataset_id,
        count(*) as candidate_count,
        sum(case when in_client then 1 else 0 end) as reconciled_client_count
    from marts_next.fct_reconciled_events
    group by destination, dataset_id

)

select
    datasets.destination,
    datasets.dataset_id,
    clients.client_event_count,
    coalesce(datasets.reconciled_client_count, 0) as reconciled_client_count,
    coalesce(verdicts.verdict_count, 0) as verdict_count,
    coalesce(datasets.candidate_count, 0) as candidate_count
from clients
left join datasets on true
left join verdicts
    on datasets.destination = verdicts.destination and datasets.dataset_id = verdicts.dataset_id
"""


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=f"{RELATION} (conservation)",
        expectations=[
            rules.has_rows(),
            rules.same("client_event_count", "reconciled_client_count"),
            rules.same("verdict_count", "candidate_count"),
        ],
    )
