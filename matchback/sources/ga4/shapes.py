"""GA4 shards: what a file holds against what landing wants, and the SQL that carries it over."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from matchback.core.redaction import redact_object
from matchback.core.sql import literal, may_leak, quote, redacted

Fit = Literal["same", "castable", "lossy", "incompatible"]

FILE_NAME = re.compile(r"^events_(?:(intraday|fresh)_)?(\d{8})")
REQUIRED_COLUMNS = ("event_timestamp", "event_name")
PARAMETER_LISTS = ("event_params", "user_properties")
JsonShape = str | list[Any] | dict[str, Any]
_FITS: tuple[Fit, ...] = ("same", "castable", "lossy", "incompatible")


@dataclass(frozen=True)
class LandingColumn:
    """A column of the export in landing: its Arrow type and the engine's name for it."""

    name: str
    arrow_type: pa.DataType
    sql_type: str


def export_kind(file_name: str) -> str:
    """Return daily, fresh or intraday by the table name that a file carries."""
    match = FILE_NAME.match(file_name)
    return (match[1] if match else None) or "daily"


def observed_paths(schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """Yield every column and nested path with its type, in the words of a BigQuery schema."""
    for column in schema:
        yield from _paths(column.name, column.type)


def fit(found: pa.DataType, wanted: pa.DataType) -> Fit:
    """Say how well a found type carries over; lossy ones also go into extra_columns."""
    if found.equals(wanted):
        return "same"
    if pa.types.is_null(found):
        return "castable"
    if _is_list(found) or _is_list(wanted):
        if not (_is_list(found) and _is_list(wanted)):
            return "incompatible"
        return fit(found.value_type, wanted.value_type)
    if pa.types.is_struct(found) or pa.types.is_struct(wanted):
        if not (pa.types.is_struct(found) and pa.types.is_struct(wanted)):
            return "incompatible"
        return _struct_fit(found, wanted)
    return _scalar_fit(found, wanted)


def typed(source: str, column: LandingColumn, how: Fit) -> str:
    """Return SQL of a file's column in landing's type."""
    if how == "same":
        return quote(source)
    operator = "try_cast" if how == "lossy" else "cast"
    return f"{operator}({quote(source)} as {column.sql_type})"


def select_list(
    found: pa.Schema,
    found_types: Mapping[str, str],
    wanted: Sequence[LandingColumn],
    secret_columns: Sequence[str],
) -> dict[str, str]:
    """Return landing column -> SQL expression; columns the file lacks are left to their default.

    What landing's type cannot hold goes into extra_columns as found, where it makes a difference.
    """
    names = {name.lower(): name for name in found.names}
    known = {column.name.lower() for column in wanted}
    expressions: dict[str, str] = {}
    extra = {name: quote(name) for name in found.names if name.lower() not in known}
    fields: list[str] = []
    for column in wanted:
        source = names.get(column.name.lower())
        if source is None:
            continue
        how = fit(found.field(source).type, column.arrow_type)
        if how == "incompatible":
            extra[source] = quote(source)
            continue
        expression = typed(source, column, how)
        if how == "lossy":
            there_and_back = f"try_cast({expression} as {found_types[source]})"
            extra[source] = (
                f"case when {there_and_back} is distinct from {quote(source)} "
                f"then {quote(source)} end"
            )
        if column.name in secret_columns:
            fields.append(secret_parameters(expression, column.name))
            expression = redacted_parameters(expression, column)
        expressions[column.name] = expression
    if extra:
        text = as_json(extra)
        expressions["extra_columns"] = redacted(text)
        fields.append(f"case when {redacted(text)} <> {text} then ['extra_columns'] end")
    if fields:
        expressions["secret_fields"] = f"nullif(list_concat({', '.join(fields)}), [])"
    return expressions


def secret_parameters(expression: str, column: str) -> str:
    """Return SQL of the names of parameters that hold a secret, like event_params.page_location."""
    slot = "entry.value.string_value"
    return (
        f"list_transform(list_filter({expression}, lambda entry: {redacted(slot)} <> {slot}), "
        f"lambda entry: {literal(column + '.')} || entry.key)"
    )


def redacted_parameters(expression: str, column: LandingColumn) -> str:
    """Return SQL that redacts the text slot of every entry of a parameter list."""
    value = column.arrow_type.value_type.field("value").type
    slots = ", ".join(
        f"{quote(slot.name)} := "
        + (
            redacted("entry.value.string_value")
            if slot.name == "string_value"
            else f"entry.value.{quote(slot.name)}"
        )
        for slot in value
    )
    return (
        f"list_transform({expression}, lambda entry: "
        f'struct_pack("key" := entry.key, "value" := struct_pack({slots})))'
    )


def parameters_may_hold_secret(expression: str) -> str:
    """Return cheap SQL that says whether a text slot of a parameter list needs a closer look."""
    suspicious = may_leak("entry.value.string_value")
    return f"len(list_filter({expression}, lambda entry: {suspicious})) > 0"


def unless_suspicious(column: str) -> str:
    """Return SQL of a parameter list that raises where it may hold a secret."""
    return (
        f"case when {parameters_may_hold_secret(quote(column))} then error('needs a closer look') "
        f"else {quote(column)} end"
    )


def json_structure(wanted: Sequence[LandingColumn]) -> str:
    """Return the structure that from_json takes, as JSON text."""
    return json.dumps({column.name: _structure(column.sql_type) for column in wanted})


def json_shape(kind: pa.DataType) -> JsonShape:
    """Return a type as a light tree: a dict of members, a list of one, or a word."""
    if _is_list(kind):
        return [json_shape(kind.value_type)]
    if pa.types.is_struct(kind):
        return {child.name: json_shape(child.type) for child in kind}
    return _bigquery_word(kind)


def unknown_or_mistyped(
    event: Mapping[str, Any], wanted: Mapping[str, JsonShape]
) -> dict[str, Any] | None:
    """Return the top-level members of a JSON event that landing cannot hold in full."""
    extra = {
        name: value
        for name, value in event.items()
        if value is not None and not (name in wanted and _fits_json(value, wanted[name]))
    }
    return extra or None


def json_structure_of(column: LandingColumn) -> str:
    """Return the from_json structure of one column."""
    return json.dumps(_structure(column.sql_type))


def text_unless_secret(text: str) -> str:
    """Return SQL of a text that raises where the text holds a secret."""
    return f"case when {redacted(text)} <> {text} then error('needs a closer look') else {text} end"


def redacted_event(event: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a JSON event without secrets and the fields that held one."""
    clean, paths = redact_object(event)
    found: dict[str, None] = {}
    for path in paths:
        column = path.partition("[")[0]
        if column not in PARAMETER_LISTS:
            found[path] = None
            continue
        for before, after in zip(event[column], clean[column], strict=True):
            if before != after:
                found[f"{column}.{before.get('key')}"] = None
    return clean, list(found)


def observed_json_paths(
    events: Sequence[Mapping[str, Any]], shape: Mapping[str, JsonShape]
) -> list[tuple[str, str]]:
    """Return the paths of JSON events with their types.

    An export as JSON leaves nulls out and writes whole numbers as text, so a known column that no
    event shows counts as present, and a number in quotes as a number.
    """
    known = dict(_shape_paths(shape))
    seen: dict[str, str] = {}
    for event in events:
        for name, value in event.items():
            _observe(name, value, known, seen)
    return list((known | seen).items())


def as_json(columns: Mapping[str, str]) -> str:
    """Return SQL of expressions as one JSON object; null when all of them are."""
    members = ", ".join(f"{literal(name)}, {sql}" for name, sql in columns.items())
    return f"nullif(cast(json_merge_patch('{{}}', json_object({members})) as varchar), '{{}}')"


def _paths(path: str, kind: pa.DataType) -> Iterator[tuple[str, str]]:
    suffix = ""
    if _is_list(kind):
        kind, suffix = kind.value_type, " REPEATED"
    yield path, _bigquery_word(kind) + suffix
    if pa.types.is_struct(kind):
        for child in kind:
            yield from _paths(f"{path}.{child.name}", child.type)


def _bigquery_word(kind: pa.DataType) -> str:
    checks = (
        (pa.types.is_struct, "RECORD"),
        (pa.types.is_map, "RECORD"),
        (pa.types.is_boolean, "BOOLEAN"),
        (pa.types.is_integer, "INTEGER"),
        (pa.types.is_floating, "FLOAT"),
        (pa.types.is_decimal, "NUMERIC"),
        (pa.types.is_timestamp, "TIMESTAMP"),
        (pa.types.is_date, "DATE"),
        (pa.types.is_time, "TIME"),
        (pa.types.is_binary, "BYTES"),
        (pa.types.is_large_binary, "BYTES"),
    )
    return next((word for check, word in checks if check(kind)), "STRING")


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _struct_fit(found: pa.StructType, wanted: pa.StructType) -> Fit:
    known = {child.name.lower(): child.type for child in wanted}
    shared = [child for child in found if child.name.lower() in known]
    if not shared:
        return "incompatible"
    worst = max((fit(child.type, known[child.name.lower()]) for child in shared), key=_FITS.index)
    if len(shared) < found.num_fields:
        worst = max(worst, "lossy", key=_FITS.index)
    return "castable" if worst == "same" else worst


def _scalar_fit(found: pa.DataType, wanted: pa.DataType) -> Fit:
    is_text = pa.types.is_string(wanted) or pa.types.is_large_string(wanted)
    if is_text:
        return "castable"
    if pa.types.is_integer(wanted) and (pa.types.is_integer(found) or pa.types.is_boolean(found)):
        return "castable"
    if pa.types.is_floating(wanted) and (
        pa.types.is_integer(found) or pa.types.is_floating(found) or pa.types.is_decimal(found)
    ):
        return "castable"
    return "lossy"


def _names(wanted: Sequence[LandingColumn]) -> set[str]:
    return {column.name.lower() for column in wanted}


def _structure(sql_type: str) -> Any:  # noqa: ANN401
    """Return the from_json structure of an engine type like STRUCT(a VARCHAR)[]."""
    text = sql_type.strip()
    if text.endswith("[]"):
        return [_structure(text[:-2])]
    if text.upper().startswith("STRUCT("):
        return dict(_members(text[text.index("(") + 1 : -1]))
    return text


def _members(text: str) -> Iterator[tuple[str, Any]]:
    depth, start = 0, 0
    for position, character in enumerate(text + ","):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            name, _, kind = text[start:position].strip().partition(" ")
            yield name.strip('"'), _structure(kind)
            start = position + 1


def _shape_paths(shape: Mapping[str, JsonShape], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, kind in shape.items():
        suffix = ""
        if isinstance(kind, list):
            kind, suffix = kind[0], " REPEATED"
        if isinstance(kind, dict):
            yield f"{prefix}{name}", f"RECORD{suffix}"
            yield from _shape_paths(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", f"{kind}{suffix}"


def _observe(path: str, value: Any, known: Mapping[str, str], seen: dict[str, str]) -> None:  # noqa: ANN401
    if value is None:
        return
    items, suffix = ([value], "")
    if isinstance(value, list):
        items, suffix = value, " REPEATED"
    word = "RECORD"
    for item in items:
        if isinstance(item, dict):
            for name, child in item.items():
                _observe(f"{path}.{name}", child, known, seen)
        elif item is not None:
            word = _json_word(item, known.get(path))
    if not items and path in known:
        return
    seen[path] = _wider(seen.get(path), word + suffix, known.get(path))


def _json_word(value: Any, wanted: str | None) -> str:  # noqa: ANN401
    if isinstance(value, bool):
        return "BOOLEAN"
    if isinstance(value, str):
        is_number = wanted in ("INTEGER", "FLOAT") and _is_number(
            value, must_be_whole=wanted == "INTEGER"
        )
        return wanted if is_number and wanted else "STRING"
    if isinstance(value, int):
        return "FLOAT" if wanted == "FLOAT" else "INTEGER"
    return "INTEGER" if wanted == "INTEGER" and value.is_integer() else "FLOAT"


def _wider(before: str | None, now: str, wanted: str | None) -> str:
    if before is None or before == now:
        return now
    if {before, now} == {"INTEGER", "FLOAT"}:
        return "FLOAT"
    # Of two types the one that differs from the contract is the news.
    return before if now == wanted else now


def _fits_json(value: Any, wanted: JsonShape) -> bool:  # noqa: ANN401
    if value is None:
        return True
    if isinstance(wanted, list):
        return isinstance(value, list) and all(_fits_json(item, wanted[0]) for item in value)
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            name in wanted and _fits_json(item, wanted[name]) for name, item in value.items()
        )
    if isinstance(value, dict | list):
        return False
    if wanted == "STRING":
        return True
    if wanted == "BOOLEAN":
        return isinstance(value, bool) or value in ("true", "false")
    return not isinstance(value, bool) and _is_number(value, must_be_whole=wanted == "INTEGER")


def _is_number(value: Any, *, must_be_whole: bool) -> bool:  # noqa: ANN401
    if isinstance(value, int):
        return True
    if isinstance(value, float):
        return not must_be_whole or value.is_integer()
    text = str(value)
    if must_be_whole:
        return bool(re.fullmatch(r"-?\d{1,19}", text))
    try:
        float(text)
    except ValueError:
        return False
    return True
