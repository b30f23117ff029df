"""The daily rates held against the bounds of their checks, where enough was counted."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.agg_event_health_daily"
NEEDS = frozenset({"ga4", "capi"})
NEEDS_ROWS = True
CHECK_OF_COLUMN = {
    "hit_ratio": "hit_ratio",
    "dedup_rate": "dedup_rate",
    "aligned_rate": "timestamp_alignment",
    "name_consistency_rate": "event_name_consistency",
    "final_crm_coverage_client": "crm_coverage_client",
}
# Grain: one row per date, canonical event and dataset; a rate below min_n is null.
QUERY = """
with

floors as (

    select max(min_n) as min_n from marts_next.fct_check_results

)

select
    health.event_date,
    health.canonical_event,
    case when health.consented_client_count >= floors.min_n then health.hit_ratio end as hit_ratio,
    case when health.pair_count >= floors.min_n then health.dedup_rate end as dedup_rate,
    case when health.pair_count >= floors.min_n then health.aligned_rate end as aligned_rate,
    case when health.pair_count >= floors.min_n then health.name_consistency_rate end as name_consistency_rate,
    case
        when health.crm_count >= floors.min_n and health.is_final then health.crm_coverage_client
    end as final_crm_coverage_client
from marts_next.agg_event_health_daily as health
cross join floors
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=f"{RELATION} (health)",
        expectations=[
            rules.has_rows(),
            *(
                expectation
                for column, check_id in CHECK_OF_COLUMN.items()
                for expectation in rules.tolerances(column, thresholds[check_id])
            ),
        ],
    )
