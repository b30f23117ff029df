"""Schema drift: each difference once a date."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "marts_next.fct_schema_drift"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = False
# Grain: one row per source and change; the key figure is of the whole table.
QUERY = """
with

repeated_keys as (

    select source
    from marts_next.fct_schema_drift
    group by event_date, source, event_name, path, change
    having count(*) > 1

)

select
    source,
    change,
    count(*) as drift_count,
    max((select count(*) from repeated_keys)) as repeated_key_count,
    sum(
        case when event_date is null or source is null or path is null or change is null then 1 else 0 end
    ) as keyless_count,
    sum(case when is_breaking is null then 1 else 0 end) as unjudged_count
from marts_next.fct_schema_drift
group by source, change
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.none_of("repeated_key_count"),
            rules.none_of("keyless_count"),
            rules.none_of("unjudged_count"),
        ],
    )
