"""Rows of Stape's Facebook tag, as its BigQuery table and its console lines spell them."""

from functools import lru_cache

from matchback.sources.kit.errors import RowRejectedError
from matchback.sources.kit.json_rows import JsonObject
from matchback.sources.kit.values import as_integer, as_text, unwrapped_text
from matchback.sources.logs.log_format import ParsedRecord, without_secrets
from matchback.sources.logs.tables import LOGGED_AT, TRACE_ID, log_table
from matchback.warehouse.tables import INTEGER, JSON, Column, Document

TABLE = log_table(
    "landing.capi_gtms",
    "Grain: one row of a Stape GTMS-7 table or GTMS-3 console line; bodies are JSON text, access "
    "tokens redacted.",
    (
        Column("source_format", "gtms_bigquery or gtms_console."),
        LOGGED_AT,
        Column("type", "Request or Response."),
        TRACE_ID,
        Column("tag_name", "Tag of the server container that wrote the row.", scan=Document()),
        Column("event_name", "Meta's event name.", scan=Document()),
        Column("request_method", "HTTP method."),
        Column(
            "request_url",
            "Address of the request, its access token redacted.",
            personal="text",
            scan=Document(),
        ),
        Column(
            "request_body",
            "Request as JSON text; data holds the server events.",
            JSON,
            personal="text",
            scan=Document(batch="data"),
        ),
        Column("response_status_code", "HTTP status of the answer; null on requests.", INTEGER),
        Column(
            "response_headers",
            "Headers of the answer as JSON text.",
            JSON,
            personal="text",
            scan=Document(),
        ),
        Column("response_body", "Answer as JSON text.", JSON, personal="text", scan=Document()),
        Column("message", "Free text of the tag.", personal="text", scan=Document()),
        Column("reason", "Why the tag did not send, in its words.", scan=Document()),
    ),
    record_key=("trace_id",),
)
RANK = 2
KEYS = {
    "timestamp": "logged_at",
    "type": "type",
    "traceid": "trace_id",
    "name": "tag_name",
    "tagname": "tag_name",
    "eventname": "event_name",
    "requestmethod": "request_method",
    "requesturl": "request_url",
    "requestbody": "request_body",
    "responsestatuscode": "response_status_code",
    "responseheaders": "response_headers",
    "responsebody": "response_body",
    "message": "message",
    "reason": "reason",
}
ROW_KEYS = frozenset({"type", "traceid"})
TYPES = frozenset({"Request", "Response", "Message"})
TEXTS = ("trace_id", "tag_name", "event_name", "request_method", "request_url", "message")
BODIES = ("request_body", "response_headers", "response_body")


@lru_cache(maxsize=4096)
def column_of(key: str) -> str | None:
    """Return the column of a GTMS-7 or GTMS-3 key; the tag writes `Message` capitalised."""
    return KEYS.get(key.replace("_", "").lower())


def parse_row(record: JsonObject, raw: bytes) -> ParsedRecord:
    """Return the columns of a record; its time is as it was written."""
    columns: JsonObject = {}
    for key, item in record.items():
        column = column_of(key)
        if column is not None and (item is not None or column not in columns):
            columns[column] = item
    if columns.get("type") not in TYPES:
        raise RowRejectedError("type is neither Request, Response nor Message")
    for name in TEXTS:
        columns[name] = as_text(columns.get(name))
    columns["reason"] = as_text(columns.get("reason"))
    for name in BODIES:
        columns[name] = unwrapped_text(columns.get(name))
    columns["response_status_code"] = as_integer(columns.get("response_status_code"))
    return without_secrets(columns, raw)
