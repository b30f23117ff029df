"""The nested types of a GA4 export shard, as the landing table declares them."""

from collections.abc import Mapping
from functools import cache

import pyarrow as pa

from matchback.sources.ga4.tables import EXPORTED
from matchback.warehouse.tables import Type

SCALARS = {
    "text": pa.string(),
    "integer": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
}
AVRO_SCALARS = {
    pa.string(): "string",
    pa.int64(): "long",
    pa.float64(): "double",
    pa.bool_(): "boolean",
}


@cache
def ga4_schema() -> pa.Schema:
    """Return the exported columns in order, without the loader's own."""
    return pa.schema(_fields({column.name: column.type for column in EXPORTED}))


def _fields(columns: Mapping[str, Type]) -> list[pa.Field]:
    return [pa.field(name, _arrow_type(kind)) for name, kind in columns.items()]


def _arrow_type(kind: Type) -> pa.DataType:
    one = pa.struct(_fields(kind.fields)) if kind.fields else SCALARS[kind.name]
    return pa.list_(one) if kind.is_list else one


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
