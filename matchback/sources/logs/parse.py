"""Delivery logs of the Meta Conversions API: one parsed line of any format -> one landing row."""

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from matchback.core.redaction import may_hold_secret, redact_object
from matchback.core.sql import literal, may_leak, quote, redacted
from matchback.sources.kit.errors import RowRejectedError
from matchback.sources.kit.json_rows import parse_object
from matchback.sources.kit.plain_lines import plain_records, plain_row
from matchback.sources.kit.values import as_integer, as_text, choice, required_moment, utc_moment

Row = dict[str, Any]

GTMS_KEYS = {
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
GTMS_TYPES = frozenset({"Request", "Response", "Message"})
GTMS_TEXT = ("trace_id", "tag_name", "event_name", "request_method", "request_url", "message")
GTMS_BODIES = ("request_body", "response_headers", "response_body")
GATEWAY_TEXT = ("request_id", "event_type", "event_id", "jurisdiction")
GATEWAY_TIERS = ("necessary", "analytics", "marketing")
MAXIMUM_PYTHON_TEXT = 2**20
_DATASET_IN_URL = re.compile(r"/(\d{5,20})/events")
_PYTHON_ONLY = re.compile(r"[\"\\]|None|True|False")


def gtms_relation(path: str, sample: list[Row]) -> str:
    """Return SQL that reads a large GTMS-7 file by the engine alone, one row per line.

    It raises on bad JSON, a repeated key, a wrong type or time: such a file is read line by line.
    RowRejectedError when its keys are spelled in more than one way: `Message` in some rows and
    `message` in others, which the engine would take for the same.
    """
    keys = _spelled_keys(sample)
    types = ", ".join(f"{literal(key)}: 'VARCHAR'" for key in keys.values())
    names = (*GTMS_TEXT, "reason", *GTMS_BODIES)
    texts = ", ".join(f"{_gtms_text(name, quote(keys[name]))} as {name}" for name in names)
    clean = ", ".join(
        f"case when may_leak then {redacted(name)} else {name} end as {name}" for name in names
    )
    leaks = ", ".join(
        f"case when {redacted(name)} <> {name} then {literal(name)} end" for name in names
    )
    known = ", ".join(literal(kind) for kind in sorted(GTMS_TYPES))
    return f"""
        with lines as (
            select
                {quote(keys["logged_at"])} as written_at,
                {quote(keys["type"])} as type,
                {quote(keys["response_status_code"])} as status_code,
                {texts},
                row_number() over () as row_number
            from read_json({literal(path)}, format = 'newline_delimited', columns = {{{types}}})
        ),
        screened as (
            select *, {may_leak(f"concat_ws(' ', {', '.join(names)})")} as may_leak from lines
        )
        select
            'gtms_bigquery' as source_format,
            make_timestamp_ms(cast(written_at as bigint)) as logged_at,
            type,
            {clean},
            cast(status_code as bigint) as response_status_code,
            case
                when may_leak then list_filter([{leaks}], lambda field: field is not null) else []
            end as secret_fields,
            row_number
        from screened
        where (written_at is not null and type in ({known})) or error('no GTMS-7 row')
    """


def gateway_relation(path: str) -> str:
    """Return SQL that reads a large gateway log by the engine: the row of every plain line."""
    names = ("timestamp", *GATEWAY_TEXT, "user", "gpc", "consent_state", "deliveries")
    user = _json_shape("user_id", "client_id")
    row = plain_row(
        ("record.timestamp", "logged_at"),
        texts={name: f"record.{name}" for name in GATEWAY_TEXT}
        | {name: f"person.{name}" for name in ("user_id", "client_id")},
        choices={"gpc": "record.gpc"}
        | {f"consent_{tier}": f"consent.{tier}" for tier in GATEWAY_TIERS},
        others={"deliveries": "record.deliveries"},
        conditions=(
            "coalesce(starts_with(record.user, '{'), true)",
            "coalesce(starts_with(record.consent_state, '{'), true)",
            "starts_with(record.deliveries, '[')",
            "len(list_filter(json_type(record.deliveries, '$[*]'), "
            "lambda kind: kind <> 'OBJECT')) = 0",
        ),
    )
    return f"""
        with {plain_records(path, _json_shape(*names))},
        opened as (
            select
                row_number,
                record,
                from_json(record.user, {literal(user)}) as person,
                from_json(record.consent_state, {literal(_json_shape(*GATEWAY_TIERS))}) as consent
            from records
        )
        select {row} from opened
    """


def _json_shape(*names: str) -> str:
    return json.dumps(dict.fromkeys(names, "JSON"))


def _spelled_keys(sample: list[Row]) -> dict[str, str]:
    """Return landing column -> key as the file spells it."""
    spelled: dict[str, str] = {}
    for record in sample:
        for key in record:
            column = _gtms_column(key)
            if column is not None and spelled.setdefault(column, key) != key:
                raise RowRejectedError("keys are spelled in more than one way")
    if "message" not in spelled:
        raise RowRejectedError("the spelling of message is not known")
    defaults = {column: column for column in GTMS_KEYS.values()} | {
        "logged_at": "timestamp",
        "reason": "Reason" if spelled["message"][0].isupper() else "reason",
    }
    return defaults | spelled


def _gtms_text(name: str, key: str) -> str:
    """Return SQL of a text column; the tag stringifies bodies twice."""
    if name not in GTMS_BODIES:
        return key
    return f"case when starts_with({key}, '\"') then json_extract_string({key}, '$') else {key} end"


@dataclass
class CapiParser:
    """Parses the lines of one file, in order: bare console lines borrow their time from others."""

    source_format: str
    dataset_id: str | None = None
    _event_times: dict[tuple[str | None, str | None], datetime] = field(default_factory=dict)

    def parse(self, raw: bytes) -> Row:
        """Return the landing row of one line; RowRejectedError when it is none."""
        record = parse_object(raw)
        row, secret_fields = self._parsers[self.source_format](self, record, raw)
        row["configured_dataset_id"] = self.dataset_id
        row["secret_fields"] = secret_fields
        return row

    def _gtms_bigquery(self, record: Row, raw: bytes) -> tuple[Row, list[str]]:
        row, secret_fields = _gtms_row(record, raw)
        row["logged_at"] = required_moment(row.get("logged_at"), "timestamp")
        return {"source_format": "gtms_bigquery", **row}, secret_fields

    def _gtms_console(self, record: Row, raw: bytes) -> tuple[Row, list[str]]:
        entry = _unwrapped_entry(record)
        row, secret_fields = _gtms_row(entry, raw)
        written_at = record.get("timestamp") or record.get("receiveTimestamp")
        row["logged_at"] = (
            utc_moment(written_at) or utc_moment(row.get("logged_at")) or self._event_time(row)
        )
        return {"source_format": "gtms_console", **row}, secret_fields

    def _event_time(self, row: Row) -> datetime | None:
        """Return the event time of a Request, or of the Request that a bare Response answers."""
        key = (row.get("trace_id"), row.get("event_name"))
        if row["type"] != "Request":
            return self._event_times.get(key)
        moment = _first_event_time(row.get("request_body"))
        if moment is not None:
            self._event_times[key] = moment
        return moment

    def _request_response(self, record: Row, raw: bytes) -> tuple[Row, list[str]]:
        record, secret_fields = _without_secrets(record, raw)
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

    def _dataflow_dlq(self, record: Row, raw: bytes) -> tuple[Row, list[str]]:
        columns = {
            key.removeprefix("metacapisink").lstrip("_"): item for key, item in record.items()
        }
        columns["input_element"] = _flat_element(columns.get("input_element"))
        columns, secret_fields = _without_secrets(columns, raw)
        status = as_text(columns.get("status"))
        if status not in ("SUCCESS", "ERROR"):
            raise RowRejectedError("status is neither SUCCESS nor ERROR")
        row = {
            "logged_at": required_moment(columns.get("timestamp"), "metacapisink_timestamp"),
            "status": status,
            "failure_pipeline_step": as_text(columns.get("failure_pipeline_step")),
            "output_message": as_text(columns.get("output_message")),
            "input_element": orjson.dumps(columns["input_element"]).decode(),
        }
        return row, secret_fields

    def _gateway_audit(self, record: Row, raw: bytes) -> tuple[Row, list[str]]:
        record, secret_fields = _without_secrets(record, raw)
        consent = record.get("consent_state") or {}
        user = record.get("user") or {}
        deliveries = record.get("deliveries")
        if not (isinstance(consent, dict) and isinstance(user, dict)):
            raise RowRejectedError("user or consent_state is no JSON object")
        if not isinstance(deliveries, list) or not all(isinstance(one, dict) for one in deliveries):
            raise RowRejectedError("deliveries is no list of JSON objects")
        row = {
            "logged_at": required_moment(record.get("timestamp"), "timestamp"),
            "request_id": as_text(record.get("request_id")),
            "event_type": as_text(record.get("event_type")),
            "event_id": as_text(record.get("event_id")),
            "user_id": as_text(user.get("user_id")),
            "client_id": as_text(user.get("client_id")),
            "jurisdiction": as_text(record.get("jurisdiction")),
            "gpc": choice(record.get("gpc"), "gpc"),
            "consent_necessary": choice(consent.get("necessary"), "consent_state.necessary"),
            "consent_analytics": choice(consent.get("analytics"), "consent_state.analytics"),
            "consent_marketing": choice(consent.get("marketing"), "consent_state.marketing"),
            "deliveries": orjson.dumps(deliveries).decode(),
        }
        return row, secret_fields

    _parsers: "dict[str, Callable[[CapiParser, Row, bytes], tuple[Row, list[str]]]]" = field(
        init=False,
        repr=False,
        default_factory=lambda: {
            "gtms_bigquery": CapiParser._gtms_bigquery,
            "gtms_console": CapiParser._gtms_console,
            "request_response": CapiParser._request_response,
            "dataflow_dlq": CapiParser._dataflow_dlq,
            "gateway_audit": CapiParser._gateway_audit,
        },
    )


def _without_secrets(record: Row, raw: bytes) -> tuple[Row, list[str]]:
    return redact_object(record) if may_hold_secret(raw) else (record, [])


@lru_cache(maxsize=4096)
def _gtms_column(key: str) -> str | None:
    """Return the column of a GTMS-7 or GTMS-3 key; the tag writes `Message` capitalised."""
    return GTMS_KEYS.get(key.replace("_", "").lower())


def _gtms_row(record: Row, raw: bytes) -> tuple[Row, list[str]]:
    columns: Row = {}
    for key, item in record.items():
        column = _gtms_column(key)
        if column is not None and (item is not None or column not in columns):
            columns[column] = item
    if columns.get("type") not in GTMS_TYPES:
        raise RowRejectedError("type is neither Request, Response nor Message")
    for name in GTMS_TEXT:
        columns[name] = as_text(columns.get(name))
    columns["reason"] = as_text(columns.get("reason"))
    for name in GTMS_BODIES:
        columns[name] = _unwrapped_text(columns.get(name))
    columns["response_status_code"] = as_integer(columns.get("response_status_code"))
    return _without_secrets(columns, raw)


def _unwrapped_entry(record: Row) -> Row:
    """Return the Stape record inside a Cloud Logging entry, or the line itself."""
    payload = record.get("jsonPayload")
    if isinstance(payload, dict):
        return payload
    text = record.get("textPayload")
    if isinstance(text, str):
        return parse_object(text.strip().encode())
    return record


def _unwrapped_text(value: Any) -> str | None:  # noqa: ANN401
    """Return a body as JSON text; the tag stringifies the response body twice."""
    text = as_text(value)
    while text is not None and text.startswith('"'):
        try:
            inner = orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
        text = as_text(inner)
    return text


def _first_event_time(body: str | None) -> datetime | None:
    try:
        document = orjson.loads(body or "")
    except orjson.JSONDecodeError:
        return None
    events = document.get("data") if isinstance(document, dict) else None
    if isinstance(events, list) and events and isinstance(events[0], dict):
        return utc_moment(events[0].get("event_time"))
    return None


def _json_part(value: Any, name: str) -> Any:  # noqa: ANN401
    if not isinstance(value, str):
        return value
    try:
        return parse_object(value.encode())
    except RowRejectedError as error:
        raise RowRejectedError(f"{name} {error}") from None


def _events(request: Row) -> list[Row]:
    """Return the batch as objects; the Business SDK writes each event as JSON text."""
    data = request.get("data")
    if isinstance(data, str):
        data = _parsed_list(data)
    if not isinstance(data, list):
        raise RowRejectedError("request.data is no list")
    events = [_json_part(event, "request.data") for event in data]
    if not all(isinstance(event, dict) for event in events):
        raise RowRejectedError("request.data holds something that is no JSON object")
    return events


def _parsed_list(text: str) -> Any:  # noqa: ANN401
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _dataset_id(record: Row, url: Any) -> str | None:  # noqa: ANN401
    given = record.get("dataset_id") or record.get("pixel_id")
    if given:
        return as_text(given)
    match = _DATASET_IN_URL.search(url) if isinstance(url, str) else None
    return match[1] if match else None


def _response_text(value: Any) -> str | None:  # noqa: ANN401
    if value is None:
        return None
    if isinstance(value, str):
        text = _unwrapped_text(value)
        try:
            orjson.loads(text or "")
        except orjson.JSONDecodeError:
            return orjson.dumps(value).decode()
        return text
    return orjson.dumps(value).decode()


def _flat_element(value: Any) -> Row:  # noqa: ANN401
    """Return the input element: an object, JSON text, or the text of a Python dict."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str) or not value:
        raise RowRejectedError("input_element is missing")
    if len(value) > MAXIMUM_PYTHON_TEXT:
        raise RowRejectedError("input_element is longer than 1 MiB")
    text = value.strip()
    if text.startswith("{'") and not _PYTHON_ONLY.search(text):
        text = text.replace("'", '"')
    try:
        element = orjson.loads(text)
        return parse_object(text.encode()) if isinstance(element, dict) else _python_dict(value)
    except orjson.JSONDecodeError:
        return _python_dict(value)


def _python_dict(text: str) -> Row:
    try:
        element = ast.literal_eval(text.strip())
        orjson.dumps(element)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        raise RowRejectedError("input_element is neither JSON nor a Python dict") from None
    if not isinstance(element, dict):
        raise RowRejectedError("input_element is neither JSON nor a Python dict")
    return element
