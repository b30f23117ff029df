"""What landing promises of delivery logs, in whichever of the formats they came."""

import great_expectations as gx

from matchback.expectations import rules
from matchback.expectations.thresholds import Thresholds

RELATION = "landing.capi_*"
NEEDS = frozenset({"capi"})
NEEDS_ROWS = False
# The column itself against constants: what BigQuery takes as a filter on its partitions.
NEAR = (
    "(logged_at is null or logged_at between cast(cast($first_date as date) - 1 as timestamp) "
    "and cast(cast($last_date as date) + 3 as timestamp))"
)
# Grain: one row per landing table. Undated: a bare console line has no time of its own, every
# other row without one was quarantined. Malformed: a word or body that the loader never writes.
QUERY = f"""
with

bounds as (

    select cast($first_date as date) as first_date, cast($last_date as date) as last_date

),

landed as (

    select
        'capi_gtms' as table_name,
        file_name,
        row_number,
        cast(logged_at as date) as logged_date,
        case when logged_at is null and source_format <> 'gtms_console' then 1 else 0 end as is_undated,
        case
            when source_format in ('gtms_bigquery', 'gtms_console') and type in ('Request', 'Response', 'Message') then 0
            else 1
        end as is_malformed,
        case when type = 'Request' and ltrim(coalesce(request_body, '')) not like '{{%' then 1 else 0 end as is_unparsable
    from landing.capi_gtms
    where {NEAR}
    union all
    select
        'capi_request_response' as table_name,
        file_name,
        row_number,
        cast(logged_at as date) as logged_date,
        case when logged_at is null then 1 else 0 end as is_undated,
        case when request like '{{%' then 0 else 1 end as is_malformed,
        0 as is_unparsable
    from landing.capi_request_response
    where {NEAR}
    union all
    select
        'capi_dataflow_dlq' as table_name,
        file_name,
        row_number,
        cast(logged_at as date) as logged_date,
        case when logged_at is null then 1 else 0 end as is_undated,
        case when status in ('SUCCESS', 'ERROR') and input_element like '{{%' then 0 else 1 end as is_malformed,
        0 as is_unparsable
    from landing.capi_dataflow_dlq
    where {NEAR}
    union all
    select
        'capi_gateway_audit' as table_name,
        file_name,
        row_number,
        cast(logged_at as date) as logged_date,
        case when logged_at is null then 1 else 0 end as is_undated,
        case when deliveries like '[%' then 0 else 1 end as is_malformed,
        0 as is_unparsable
    from landing.capi_gateway_audit
    where {NEAR}

),

files as (

    select
        landed.table_name,
        landed.file_name,
        count(*) as row_count,
        count(distinct landed.row_number) as distinct_row_count,
        sum(landed.is_undated) as undated_count,
        sum(landed.is_malformed) as malformed_count,
        sum(landed.is_unparsable) as unparsable_count
    from landed
    cross join bounds
    where
        landed.logged_date is null
        or landed.logged_date between bounds.first_date - 1 and bounds.last_date + 2
    group by landed.table_name, landed.file_name

),

loads as (

    select distinct file_name from landing.load_ledger where source = 'capi' and error is null

)

select
    files.table_name,
    sum(files.row_count) as row_count,
    sum(files.row_count - files.distinct_row_count) as repeated_count,
    sum(files.undated_count) as undated_count,
    sum(files.malformed_count) as malformed_count,
    sum(files.unparsable_count) as unparsable_count,
    sum(case when loads.file_name is null then files.row_count else 0 end) as unledgered_count
from files
left join loads on files.file_name = loads.file_name
group by files.table_name
"""  # noqa: E501


def build_suite(thresholds: Thresholds) -> gx.ExpectationSuite:
    """Return the suite; pure."""
    return gx.ExpectationSuite(
        name=RELATION,
        expectations=[
            rules.has_rows(),
            rules.none_of("repeated_count"),
            rules.none_of("undated_count"),
            rules.none_of("malformed_count"),
            rules.none_of("unledgered_count"),
            rules.none_of("unparsable_count", severity=rules.WARNING),
        ],
    )
