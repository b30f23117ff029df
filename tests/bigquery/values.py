"""Rows between DuckDB's Python values and the evaluator's protobuf cells."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from google.protobuf.message import Message
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.public import value_pb2

from tests.bigquery.googlesql import Column, kind_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMERIC_SCALE = 10**9


def content_of(rows: Iterable[Sequence[Any]], columns: Sequence[Column]) -> Message:
    """Return rows as the content of a table with these columns."""
    content = service.TableContent()
    content.table_data.SetInParent()
    for row in rows:
        cells = content.table_data.row.add()
        for value, column in zip(row, columns, strict=True):
            cells.cell.add().CopyFrom(cell_of(value, column.type))
    return content


def rows_of(content: Message, columns: Sequence[Column]) -> list[tuple[Any, ...]]:
    """Return the rows of a table's content, lists and structs as tuples."""
    return [
        tuple(_value(cell, column.type) for cell, column in zip(row.cell, columns, strict=True))
        for row in content.table_data.row
    ]


def plain(value: Any) -> Any:
    """Spell a value of DuckDB as `rows_of` does; doubles to nine places."""
    if isinstance(value, list):
        return tuple(plain(item) for item in value)
    if isinstance(value, dict):
        return tuple(plain(item) for item in value.values())
    return round(value, 9) if isinstance(value, float) else value


def cell_of(value: Any, kind: Message) -> Message:
    """Return a value as a cell of this type."""
    cell = value_pb2.ValueProto()
    if value is None:
        return cell
    name = kind_of(kind)
    if name == "ARRAY":
        cell.array_value.SetInParent()
        for item in value:
            cell.array_value.element.add().CopyFrom(cell_of(item, kind.array_type.element_type))
    elif name == "STRUCT":
        cell.struct_value.SetInParent()
        for part in kind.struct_type.field:
            cell.struct_value.field.add().CopyFrom(
                cell_of(value.get(part.field_name), part.field_type)
            )
    elif name == "TIMESTAMP":
        micros = (value.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
        cell.timestamp_value.seconds = micros // 10**6
        cell.timestamp_value.nanos = micros % 10**6 * 1000
    else:
        field, convert = SCALARS[name]
        setattr(cell, field, convert(value))
    return cell


def _value(cell: Message, kind: Message) -> Any:
    field = cell.WhichOneof("value")
    if field is None:
        return None
    name = kind_of(kind)
    if name == "ARRAY":
        element = kind.array_type.element_type
        return tuple(_value(item, element) for item in cell.array_value.element)
    if name == "STRUCT":
        parts = zip(cell.struct_value.field, kind.struct_type.field, strict=True)
        return tuple(_value(item, part.field_type) for item, part in parts)
    if name == "TIMESTAMP":
        moment = cell.timestamp_value
        return datetime.fromtimestamp(0, UTC).replace(tzinfo=None) + timedelta(
            seconds=moment.seconds, microseconds=moment.nanos // 1000
        )
    if name == "DATE":
        return EPOCH.date() + timedelta(days=cell.date_value)
    if name == "NUMERIC":
        return Decimal(int.from_bytes(cell.numeric_value, "little", signed=True)) / NUMERIC_SCALE
    value = getattr(cell, field)
    return round(value, 9) if name == "DOUBLE" else value


def _numeric_bytes(value: Any) -> bytes:
    """NUMERIC travels as the shortest little-endian two's complement of its nano units."""
    units = int(Decimal(str(value)) * NUMERIC_SCALE)
    return units.to_bytes((units.bit_length() + 8) // 8, "little", signed=True)


def _days(value: Any) -> int:
    day = value if isinstance(value, date) else date.fromisoformat(value)
    return (day - EPOCH.date()).days


def _bool(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"


SCALARS = {
    "INT64": ("int64_value", int),
    "DOUBLE": ("double_value", float),
    "STRING": ("string_value", str),
    "BOOL": ("bool_value", _bool),
    "BYTES": ("bytes_value", bytes),
    "DATE": ("date_value", _days),
    "NUMERIC": ("numeric_value", _numeric_bytes),
}
