"""The daily figures: once per date, event and account, and made of the published verdicts."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.agg_event_health_daily"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = False
# Grain: one row per row of the table, and per group of verdicts that the table lacks.
QUERY = """
with

reconciled as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        sum(case when in_client then 1 else 0 end) as client_count,
        sum(case when in_client and not is_denied then 1 else 0 end) as consented_client_count,
        sum(case when server_outcome = 'accepted' then 1 else 0 end) as server_accepted_count,
        min(case when is_final then 1 else 0 end) as is_final
    from marts_next.fct_reconciled_events
    where not is_test
    group by event_date, canonical_event, destination, dataset_id

)

select
    coalesce(health.event_date, reconciled.event_date) as event_date,
    coalesce(health.canonical_event, reconciled.canonical_event) as canonical_event,
    coalesce(health.destination, reconciled.destination) as destination,
    coalesce(health.dataset_id, reconciled.dataset_id) as dataset_id,
    health.client_count,
    reconciled.client_count as reconciled_client_count,
    health.consented_client_count,
    reconciled.consented_client_count as reconciled_consented_client_count,
    health.server_accepted_count,
    reconciled.server_accepted_count as reconciled_server_accepted_count,
    case when health.is_final then 1 when not health.is_final then 0 end as is_final,
    reconciled.is_final as reconciled_is_final,
    health.hit_ratio,
    health.dedup_rate,
    health.aligned_rate,
    health.name_consistency_rate,
    health.value_match_rate,
    health.crm_coverage_client,
    health.crm_coverage_server,
    case
        when coalesce(health.client_value, health.server_value, health.crm_value) is null then 0
        when health.currency is null then 1
        else 0
    end as value_without_currency_count,
    case when health.ghost_count is not null and not health.is_final then 1 else 0 end as provisional_ghost_count
from marts_next.agg_event_health_daily as health
full outer join reconciled
    on
        health.event_date = reconciled.event_date
        and health.canonical_event = reconciled.canonical_event
        and health.destination = reconciled.destination
        and health.dataset_id = reconciled.dataset_id
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.is_grain("event_date", "canonical_event", "destination", "dataset_id"),
            rules.same("client_count", "reconciled_client_count"),
            rules.same("consented_client_count", "reconciled_consented_client_count"),
            rules.same("server_accepted_count", "reconciled_server_accepted_count"),
            rules.same("is_final", "reconciled_is_final"),
            rules.within("hit_ratio", 0, None),
            rules.is_share("dedup_rate"),
            rules.is_share("aligned_rate"),
            rules.is_share("name_consistency_rate"),
            rules.is_share("value_match_rate"),
            rules.is_share("crm_coverage_client"),
            rules.is_share("crm_coverage_server"),
            rules.none_of("value_without_currency_count"),
            rules.none_of("provisional_ghost_count"),
        ],
    )
