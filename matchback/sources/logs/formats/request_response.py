"""Exchanges with Meta's Graph API: a request with its batch of events, and the response."""

import re

import orjson

from matchback.sources.kit.errors import RowRejectedError
from matchback.sources.kit.json_rows import JsonObject, JsonValue, parse_object
from matchback.sources.kit.values import as_integer, as_text, required_moment, unwrapped_text
from matchback.sources.logs.log_format import LogFormat, ParsedRecord, without_secrets
from matchback.sources.logs.tables import LOGGED_AT, TRACE_ID, log_table
from matchback.warehouse.tables import INTEGER, JSON, Column, Document

_DATASET_IN_URL = re.compile(r"/(\d{5,20})/events")


def parse(record: JsonObject, raw: bytes) -> ParsedRecord:
    """Return the landing row of one record."""
    record, secret_fields = without_secrets(record, raw)
    request = _json_part(record.get("request"), "request")
    if not isinstance(request, dict):
        raise RowRejectedError("request is missing or no JSON object")
    url = record.get("url") or record.get("request_url") or request.get("url")
    row = {
        "logged_at": required_moment(record.get("timestamp"), "timestamp"),
        "dataset_id": _dataset_id(record, url),
        "http_status": as_integer(record.get("http_status", record.get("status"))),
        "request": orjson.dumps({**request, "data": _events(request)}).decode(),
        "response": _response_text(record.get("response")),
        "trace_id": as_text(record.get("trace_id")),
    }
    return row, secret_fields


def _json_part(value: JsonValue, name: str) -> JsonValue:
    if not isinstance(value, str):
        return value
    try:
        return parse_object(value.encode())
    except RowRejectedError as error:
        raise RowRejectedError(f"{name} {error}") from None


def _events(request: JsonObject) -> list[JsonObject]:
    """Return the batch as objects; the Business SDK writes each event as JSON text."""
    data = request.get("data")
    if isinstance(data, str):
        data = _parsed(data)
    if not isinstance(data, list):
        raise RowRejectedError("request.data is no list")
    events = [_json_part(event, "request.data") for event in data]
    if not all(isinstance(event, dict) for event in events):
        raise RowRejectedError("request.data holds something that is no JSON object")
    return events


def _parsed(text: str) -> JsonValue:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _dataset_id(record: JsonObject, url: JsonValue) -> str | None:
    given = record.get("dataset_id") or record.get("pixel_id")
    if given:
        return as_text(given)
    match = _DATASET_IN_URL.search(url) if isinstance(url, str) else None
    return match[1] if match else None


def _response_text(value: JsonValue) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        text = unwrapped_text(value)
        try:
            orjson.loads(text or "")
        except orjson.JSONDecodeError:
            return orjson.dumps(value).decode()
        return text
    return orjson.dumps(value).decode()


TABLE = log_table(
    "landing.capi_request_response",
    "Grain: one logged request with its response; request is JSON text whose data holds objects "
    "only, access tokens redacted.",
    (
        LOGGED_AT,
        Column("dataset_id", "Dataset (pixel) that the request went to."),
        Column("http_status", "HTTP status of the answer; null when none was logged.", INTEGER),
        Column(
            "request",
            "Request as JSON text; data holds the server events.",
            JSON,
            personal="text",
            scan=Document(batch="data"),
        ),
        Column("response", "Answer as JSON text.", JSON, personal="text", scan=Document()),
        TRACE_ID,
    ),
    record_key=("trace_id",),
)
FORMAT = LogFormat(TABLE, 3, lambda: parse, frozenset({"request"}))
