"""Conservation: every row that was read is loaded, quarantined or a duplicate."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "landing.load_ledger"
NEEDS: frozenset[str] = frozenset()
NEEDS_ROWS = True
# Grain: one row per source; loads of the window's files, of undated files, and the newest load.
QUERY = """
with

bounds as (

    select cast($first_date as date) as first_date, cast($last_date as date) as last_date

),

loads as (

    select
        source,
        digest,
        rows_read,
        rows_loaded,
        rows_quarantined,
        rows_duplicate,
        error,
        data_date,
        loaded_at,
        max(loaded_at) over (partition by source) as newest_loaded_at
    from landing.load_ledger

)

select
    loads.source,
    count(*) as load_count,
    sum(case when loads.error is null then 0 else 1 end) as refused_count,
    sum(
        case when loads.rows_read = loads.rows_loaded + loads.rows_quarantined + loads.rows_duplicate then 0 else 1 end
    ) as unbalanced_count,
    sum(
        case
            when least(loads.rows_read, loads.rows_loaded, loads.rows_quarantined, loads.rows_duplicate) < 0 then 1
            else 0
        end
    ) as negative_count,
    sum(case when loads.error is not null and loads.rows_loaded <> 0 then 1 else 0 end) as half_loaded_count,
    sum(case when loads.error is null and loads.digest is null then 1 else 0 end) as undigested_count
from loads
cross join bounds
where
    loads.data_date is null
    or loads.data_date between bounds.first_date and bounds.last_date
    or loads.loaded_at = loads.newest_loaded_at
group by loads.source
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.not_null("source"),
            rules.none_of("unbalanced_count"),
            rules.none_of("negative_count"),
            rules.none_of("half_loaded_count"),
            rules.none_of("undigested_count"),
            rules.none_of("refused_count", severity=rules.WARNING),
        ],
    )
