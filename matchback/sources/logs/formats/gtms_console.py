"""Stape's Facebook tag: console lines, bare or inside Cloud Logging entries."""

from datetime import datetime

import orjson

from matchback.sources.kit.json_rows import JsonObject, parse_object
from matchback.sources.kit.values import utc_moment
from matchback.sources.logs import gtms
from matchback.sources.logs.log_format import LogFormat, ParsedRecord, ParseRecord


def parser() -> ParseRecord:
    """Return the parser of one file: bare lines borrow their time from the lines before."""
    event_times: dict[tuple[str | None, str | None], datetime] = {}

    def event_time(row: JsonObject) -> datetime | None:
        """Return the event time of a Request, or of the Request that a bare Response answers."""
        key = (row.get("trace_id"), row.get("event_name"))
        if row["type"] != "Request":
            return event_times.get(key)
        moment = _first_event_time(row.get("request_body"))
        if moment is not None:
            event_times[key] = moment
        return moment

    def parse(record: JsonObject, raw: bytes) -> ParsedRecord:
        row, secret_fields = gtms.parse_row(_unwrapped_entry(record), raw)
        written_at = record.get("timestamp") or record.get("receiveTimestamp")
        row["logged_at"] = (
            utc_moment(written_at) or utc_moment(row.get("logged_at")) or event_time(row)
        )
        return {"source_format": "gtms_console", **row}, secret_fields

    return parse


def _unwrapped_entry(record: JsonObject) -> JsonObject:
    """Return the Stape record inside a Cloud Logging entry, or the line itself."""
    payload = record.get("jsonPayload")
    if isinstance(payload, dict):
        return payload
    text = record.get("textPayload")
    if isinstance(text, str):
        return parse_object(text.strip().encode())
    return record


def _first_event_time(body: str | None) -> datetime | None:
    try:
        document = orjson.loads(body or "")
    except orjson.JSONDecodeError:
        return None
    events = document.get("data") if isinstance(document, dict) else None
    if isinstance(events, list) and events and isinstance(events[0], dict):
        return utc_moment(events[0].get("event_time"))
    return None


FORMAT = LogFormat(
    gtms.TABLE, gtms.RANK, parser, gtms.ROW_KEYS | {"jsonpayload", "textpayload", "insertid"}
)
