"""Tables that grow with every event: on BigQuery no query may read them without saying which dates.

`sql/ddl/bigquery` sets require_partition_filter on exactly these; a test compares the two.
"""

from typing import Literal

PARTITION_COLUMNS: dict[str, tuple[str, Literal["date", "timestamp"]]] = {
    "landing.ga4_events": ("table_date", "date"),
    "landing.capi_gtms": ("logged_at", "timestamp"),
    "landing.capi_request_response": ("logged_at", "timestamp"),
    "landing.capi_dataflow_dlq": ("logged_at", "timestamp"),
    "landing.capi_gateway_audit": ("logged_at", "timestamp"),
    "marts.fct_reconciled_events": ("event_date", "date"),
    "marts.fct_deliveries": ("event_date", "date"),
    "marts.agg_event_health_segments": ("event_date", "date"),
}


def on_every_date(table: str) -> str:
    """Return a condition that every row satisfies, and that a guarded table accepts as a filter.

    For what really must look through all dates: access, erasure, and the scan of documents.
    """
    if table not in PARTITION_COLUMNS:
        return "true"
    column, kind = PARTITION_COLUMNS[table]
    return f"({column} >= cast('0001-01-01' as {kind}) or {column} is null)"
