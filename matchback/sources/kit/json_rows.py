"""JSON rows: an object, or the reason why not."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from matchback.sources.kit.containers import IsRow, is_row_a_line
from matchback.sources.kit.errors import RowRejectedError
from matchback.sources.kit.files import (
    MAXIMUM_LINE,
    FoundFile,
    Line,
    container_of,
    opened,
    sampled_lines,
)

KEY_END = b'":'
JsonValue = Any
JsonObject = dict[str, JsonValue]


def parse_line(line: Line) -> JsonObject:
    """Return the object of one line; RowRejectedError names what is wrong with it."""
    if line.is_cut:
        raise RowRejectedError(f"line is longer than {MAXIMUM_LINE // 2**20} MiB")
    return parse_object(line.raw)


def parse_object(raw: bytes) -> JsonObject:
    """Return a JSON object; NaN, Infinity, a repeated key or deep nesting is rejected."""
    try:
        value = orjson.loads(raw)
        written = orjson.dumps(value)
    except orjson.JSONDecodeError:
        raise RowRejectedError(_what_is_wrong(raw)) from None
    except (orjson.JSONEncodeError, TypeError, RecursionError):
        raise RowRejectedError("is nested too deep") from None
    if type(value) is not dict:
        raise RowRejectedError("is no JSON object")
    # A repeated key is lost while parsing; only then fewer keys are written than were read.
    if raw.count(KEY_END) != written.count(KEY_END):
        _refuse_repeated_keys(raw)
    return value


def is_large_log(file: FoundFile, from_bytes: Mapping[str, int], is_row: IsRow) -> bool:
    """Say whether a file is so large that the engine shall read it, and holds a row a line."""
    container = container_of(file.path)
    if file.size < from_bytes.get(container, file.size + 1):
        return False
    with opened(file.path, container) as stream:
        return is_row_a_line(stream, is_row)


def sampled_records(file: FoundFile) -> list[JsonObject]:
    """Return records from all over a file; RowRejectedError when NaN or Infinity is anywhere."""
    with opened(file.path, container_of(file.path)) as stream:
        return [parse_line(Line(0, raw)) for raw in sampled_lines(stream)]


def _refuse_repeated_keys(raw: bytes) -> None:
    try:
        json.loads(raw, object_pairs_hook=_unrepeated)
    except RecursionError:
        raise RowRejectedError("is nested too deep") from None


def _unrepeated(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise RowRejectedError("repeats a key")
    return members


def _what_is_wrong(raw: bytes) -> str:
    if b"\0" in raw:
        return "holds a NUL byte"
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return "is no valid UTF-8"
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except RowRejectedError as error:
        return str(error)
    except RecursionError:
        return "is nested too deep"
    except ValueError:
        return "is no valid JSON"
    return "holds a number or character that JSON does not allow"


def _refuse_constant(_: str) -> None:
    raise RowRejectedError("holds NaN or Infinity")
