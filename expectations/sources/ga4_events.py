"""What landing promises of GA4 rows; what the export itself got wrong only warns."""

import great_expectations as gx

from matchback.expectations import rules, vocabulary
from matchback.expectations.thresholds import Thresholds

RELATION = "landing.ga4_events"
NEEDS = frozenset({"ga4"})
NEEDS_ROWS = False
# Microseconds since 1970: from 2012, before the first export, to 2100; seconds or milliseconds
# in their place fall far outside.
EARLIEST_TIMESTAMP = 1_325_376_000_000_000
LATEST_TIMESTAMP = 4_102_444_800_000_000
# Grain: one row per date and export kind.
QUERY = """
with

files as (

    select
        events.table_date,
        events.export_kind,
        events.file_name,
        count(*) as row_count,
        count(distinct events.row_number) as distinct_row_count,
        sum(case when events.event_name is null then 1 else 0 end) as unnamed_count,
        sum(case when events.event_timestamp is null then 1 else 0 end) as untimed_count,
        sum(
            case when events.event_date = replace(cast(events.table_date as string), '-', '') then 0 else 1 end
        ) as other_date_count,
        min(events.event_timestamp) as first_event_timestamp,
        max(events.event_timestamp) as last_event_timestamp
    from landing.ga4_events as events
    where events.table_date between cast($first_date as date) and cast($last_date as date)
    group by events.table_date, events.export_kind, events.file_name

),

loads as (

    select distinct file_name from landing.load_ledger where source = 'ga4' and error is null

)

select
    files.table_date,
    files.export_kind,
    sum(files.row_count) as row_count,
    sum(files.row_count - files.distinct_row_count) as repeated_count,
    sum(files.unnamed_count) as unnamed_count,
    sum(files.untimed_count) as untimed_count,
    sum(files.other_date_count) as other_date_count,
    sum(case when loads.file_name is null then files.row_count else 0 end) as unledgered_count,
    min(files.first_event_timestamp) as first_event_timestamp,
    max(files.last_event_timestamp) as last_event_timestamp
from files
left join loads on files.file_name = loads.file_name
group by files.table_date, files.export_kind
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.is_grain("table_date", "export_kind"),
            rules.one_of("export_kind", vocabulary.EXPORT_KINDS),
            rules.none_of("unnamed_count"),
            rules.none_of("untimed_count"),
            rules.none_of("repeated_count"),
            rules.none_of("unledgered_count"),
            rules.none_of("other_date_count", severity=rules.WARNING),
            rules.within("first_event_timestamp", EARLIEST_TIMESTAMP, None, rules.WARNING),
            rules.within("last_event_timestamp", None, LATEST_TIMESTAMP, rules.WARNING),
        ],
    )
