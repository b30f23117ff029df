"""The table that Meta's Dataflow pipeline writes of events it could, or could not, send."""

import ast
import re

import orjson

from matchback.sources.kit.errors import RowRejectedError
from matchback.sources.kit.json_rows import JsonObject, JsonValue, parse_object
from matchback.sources.kit.values import as_text, required_moment
from matchback.sources.logs.log_format import LogFormat, ParsedRecord, without_secrets
from matchback.sources.logs.tables import LOGGED_AT, log_table
from matchback.warehouse.tables import JSON, Column, Document

MAXIMUM_PYTHON_TEXT = 2**20
_PYTHON_ONLY = re.compile(r"[\"\\]|None|True|False")


def parse(record: JsonObject, raw: bytes) -> ParsedRecord:
    """Return the landing row of one record."""
    columns = {key.removeprefix("metacapisink").lstrip("_"): item for key, item in record.items()}
    columns["input_element"] = _flat_element(columns.get("input_element"))
    columns, secret_fields = without_secrets(columns, raw)
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


def _flat_element(value: JsonValue) -> JsonObject:
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


def _python_dict(text: str) -> JsonObject:
    try:
        element = ast.literal_eval(text.strip())
        orjson.dumps(element)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        raise RowRejectedError("input_element is neither JSON nor a Python dict") from None
    if not isinstance(element, dict):
        raise RowRejectedError("input_element is neither JSON nor a Python dict")
    return element


TABLE = log_table(
    "landing.capi_dataflow_dlq",
    "Grain: one row of the Meta Dataflow sink table; input_element is JSON text of flat keys, "
    "access tokens redacted.",
    (
        LOGGED_AT,
        Column("status", "SUCCESS or ERROR."),
        Column("failure_pipeline_step", "Step of Meta's pipeline that failed.", scan=Document()),
        Column(
            "output_message",
            "Answer or error in the pipeline's words.",
            personal="text",
            scan=Document(),
        ),
        Column(
            "input_element",
            "Server event with flat keys, as JSON text.",
            JSON,
            personal="text",
            scan=Document(path="", is_flat_event=True),
        ),
    ),
)
FORMAT = LogFormat(TABLE, 4, lambda: parse, frozenset({"inputelement", "metacapisinkinputelement"}))
