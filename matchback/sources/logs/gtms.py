"""Rows of Stape's Facebook tag, as its BigQuery table and its console lines spell them."""

from functools import lru_cache

from matchback.sources.kit.errors import RowRejectedError
from matchback.sources.kit.json_rows import JsonObject
from matchback.sources.kit.values import as_integer, as_text, unwrapped_text
from matchback.sources.logs.log_format import ParsedRecord, without_secrets

TABLE = "landing.capi_gtms"
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
