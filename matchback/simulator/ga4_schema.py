"""The nested types of a GA4 export shard, read from the landing table's definition."""

import itertools
import re
from functools import cache

import pyarrow as pa

from matchback.core.resources import SQL_DIRECTORY

LANDING_TABLE = SQL_DIRECTORY / "ddl" / "duckdb" / "landing" / "ga4_rows.sql"
FIRST_LOADER_COLUMN = "export_kind"
SCALARS = {
    "varchar": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
AVRO_SCALARS = {
    pa.string(): "string",
    pa.int64(): "long",
    pa.float64(): "double",
    pa.bool_(): "boolean",
}
_TOKEN = re.compile(r'"[^"]*"|\w+|\[\]|[(),]')


@cache
def ga4_schema() -> pa.Schema:
    """Return the exported columns in order, without the loader's own."""
    definition = LANDING_TABLE.read_text(encoding="utf-8")
    body = definition[definition.index("(") + 1 : definition.rindex(")")]
    tokens = _TOKEN.findall(body)
    fields = _read_fields(tokens)
    exported = itertools.takewhile(lambda field: field.name != FIRST_LOADER_COLUMN, fields)
    return pa.schema(list(exported))


def _read_fields(tokens: list[str]) -> list[pa.Field]:
    """Consume `name type, name type, ...` up to a closing bracket or the end."""
    fields = []
    while tokens and tokens[0] != ")":
        name = tokens.pop(0).strip('"')
        fields.append(pa.field(name, _read_type(tokens)))
        if tokens and tokens[0] == ",":
            tokens.pop(0)
    return fields


def _read_type(tokens: list[str]) -> pa.DataType:
    name = tokens.pop(0)
    if name == "struct":
        tokens.pop(0)
        kind: pa.DataType = pa.struct(_read_fields(tokens))
        tokens.pop(0)
    else:
        kind = SCALARS[name]
    while tokens and tokens[0] == "[]":
        tokens.pop(0)
        kind = pa.list_(kind)
    return kind


def avro_schema(schema: pa.Schema) -> dict[str, object]:
    """Return the Avro record of a shard as BigQuery exports it: nullable unions, named records."""
    return _avro_record("Root", list(schema))


def _avro_record(name: str, fields: list[pa.Field]) -> dict[str, object]:
    return {
        "type": "record",
        "name": name,
        "fields": [
            {"name": field.name, "type": _avro_type(f"{name}_{field.name}", field.type)}
            for field in fields
        ],
    }


def _avro_type(name: str, kind: pa.DataType) -> object:
    if pa.types.is_list(kind):
        item = _avro_type(name, kind.value_type)
        return {"type": "array", "items": item[1] if isinstance(item, list) else item}
    if pa.types.is_struct(kind):
        return ["null", _avro_record(name, list(kind))]
    return ["null", AVRO_SCALARS[kind]]
