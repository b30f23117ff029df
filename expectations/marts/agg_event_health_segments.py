"""The segments add up to the daily figures."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.agg_event_health_segments"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = False
# Grain: one row per date, canonical event, destination and dataset.
QUERY = """
with

segments as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        sum(client_count) as client_count,
        sum(server_accepted_count) as server_accepted_count,
        sum(
            case
                when
                    dedup_rate not between 0 and 1
                    or aligned_rate not between 0 and 1
                    or name_consistency_rate not between 0 and 1
                    or value_match_rate not between 0 and 1
                    or crm_coverage_client not between 0 and 1
                    or crm_coverage_server not between 0 and 1
                    then 1
                else 0
            end
        ) as rate_beyond_bounds_count
    from marts_next.agg_event_health_segments
    group by event_date, canonical_event, destination, dataset_id

),

repeated_keys as (

    select event_date
    from marts_next.agg_event_health_segments
    group by
        event_date, canonical_event, destination, dataset_id, device_category, browser, country,
        campaign
    having count(*) > 1

)

select
    coalesce(daily.event_date, segments.event_date) as event_date,
    daily.client_count,
    segments.client_count as segment_client_count,
    daily.server_accepted_count,
    segments.server_accepted_count as segment_server_accepted_count,
    segments.rate_beyond_bounds_count,
    (select count(*) from repeated_keys) as repeated_key_count
from marts_next.agg_event_health_daily as daily
full outer join segments
    on
        daily.event_date = segments.event_date
        and daily.canonical_event = segments.canonical_event
        and daily.destination = segments.destination
        and daily.dataset_id = segments.dataset_id
"""


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.same("client_count", "segment_client_count"),
            rules.same("server_accepted_count", "segment_server_accepted_count"),
            rules.none_of("repeated_key_count"),
            rules.none_of("rate_beyond_bounds_count"),
        ],
    )
