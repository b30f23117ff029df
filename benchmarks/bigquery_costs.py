"""BigQuery on paper: which columns and partitions each model reads, and what that would bill.

Columns come from Google's own analyzer on the SQL that dbt compiles, views written out, unused
columns pruned. Widths and row counts come from a run on DuckDB, at BigQuery's logical sizes.
A column counts whole, also where only a field of it is read, so figures are upper bounds.
"""

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
from google.protobuf.message import Message

from benchmarks.world import FIRST_DAY, WorldSize, write_world
from matchback.build.dbt import dbt_settings
from matchback.config import Config, load_config
from matchback.core.clock import Clock
from matchback.core.window import Window
from tests.bigquery.conftest import Conversation, converse
from tests.bigquery.googlesql import STORED, GoogleSql

PREFIX = "matchback_"
REFERENCE_EVENTS = 50_000
WINDOW_DAYS = 4
# Working tables hold the window, three days before it and today.
DAYS_READ = WINDOW_DAYS + 4
HISTORY_DAYS = {"int_purchase_rows": 30, "int_click_landings": 90, "int_schema_profile": 30,
                "int_source_volumes": 90}  # fmt: skip
AS_OF = datetime.combine(FIRST_DAY + timedelta(days=8), datetime.min.time(), UTC)
FIXED_WIDTHS = {"BOOLEAN": 1, "BIGINT": 8, "INTEGER": 8, "DOUBLE": 8, "DATE": 8, "TIMESTAMP": 8,
                "UBIGINT": 8, "HUGEINT": 16, "TIMESTAMP WITH TIME ZONE": 8}  # fmt: skip
DATE = re.compile(r"'(\d{4}-\d\d-\d\d)[ ']")

Name = tuple[str, str]


@dataclass
class Reads:
    """What one model reads: columns by table, and how many dates its filters on landing span."""

    model: str
    landing_days: int
    columns: dict[Name, set[str]] = field(default_factory=dict)


def bytes_by_model() -> dict[str, Any]:
    """Return bytes that each model reads for one day's run, per GA4 row of a day."""
    with tempfile.TemporaryDirectory(prefix="matchback-bigquery-") as name:
        folder = Path(name)
        write_world(folder, WorldSize(REFERENCE_EVENTS))
        config = load_config(folder / "matchback.yml", {})
        _run_and_keep(config)
        conversation = converse(folder, ["seed"], ["run"], ["run"], settings=_settings(config))
        reads = list(_reads(conversation))
        with duckdb.connect(str(config.warehouse_path), read_only=True) as connection:
            widths = {
                table: _widths(connection, table)
                for table in {table for read in reads for table in read.columns}
            }
            export = sum(_widths(connection, ("landing", "ga4_events")).values())
    models = [_costs(read, widths) for read in reads]
    return {
        "reference_events": REFERENCE_EVENTS,
        "days_read": DAYS_READ,
        "export_bytes_per_event": round(export / REFERENCE_EVENTS),
        "models": sorted(
            (one for one in models if one["bytes_per_event"] > 0),
            key=lambda one: -one["bytes_per_event"],
        ),
    }


def _costs(read: Reads, widths: Mapping[Name, Mapping[str, float]]) -> dict[str, Any]:
    by_table = {
        ".".join(table): _days(table, read)
        * sum(widths[table].get(column, 0) for column in columns)
        for table, columns in read.columns.items()
    }
    largest = max(by_table, key=lambda table: by_table[table], default="")
    return {
        "model": read.model,
        "bytes_per_event": round(sum(by_table.values()) / REFERENCE_EVENTS, 2),
        "largest_table": largest,
        "columns": sorted(read.columns[_name(largest)]) if largest else [],
    }


def _days(table: Name, read: Reads) -> int:
    """Return how many days of a table a run reads; the reference holds one."""
    schema, name = table
    if schema in ("reference", "ops"):
        return 1
    if schema == "landing":
        return read.landing_days
    return HISTORY_DAYS.get(name, DAYS_READ)


def _name(text: str) -> Name:
    schema, _, table = text.partition(".")
    return schema, table


def _reads(conversation: Conversation) -> Iterator[Reads]:
    google = GoogleSql()
    for relation, types in conversation.columns.items():
        google.declare(tuple(relation.split(".")), types)
    models = {
        (node["schema"], node["name"]): node
        for node in conversation.manifest["nodes"].values()
        if node["resource_type"] == "model" and node.get("compiled_code")
    }
    views = {
        name: node["compiled_code"]
        for name, node in models.items()
        if node["config"]["materialized"] == "view"
    }
    for name, node in sorted(models.items()):
        if name in views:
            continue
        sql = _without_views(node["compiled_code"], views)
        reads = Reads(node["name"], _dates_spanned(sql))
        statement = google.analyze(sql).resolved
        for full_name, columns in _columns_read(statement):
            schema, table = _name(full_name)
            reads.columns.setdefault((schema.removeprefix(PREFIX), table), set()).update(columns)
        yield reads


def _dates_spanned(sql: str) -> int:
    """Return the days between the first and the last date that a query names, at most a run's."""
    days = [date.fromisoformat(text) for text in DATE.findall(sql)]
    return min(DAYS_READ, (max(days) - min(days)).days + 1) if days else DAYS_READ


def _without_views(sql: str, views: Mapping[Name, str]) -> str:
    """Return a query in which each view stands as its own query."""

    def written_out(match: re.Match[str]) -> str:
        name = (match[1], match[2])
        if name not in views:
            return match[0]
        alias = "" if re.match(r"\s+as\b", sql[match.end() :]) else f" as {match[2]}"
        return f"({_without_views(views[name], views)}){alias}"

    return STORED.sub(written_out, sql)


def _columns_read(statement: Message) -> Iterator[tuple[str, set[str]]]:
    """Yield the tables of a resolved statement with the columns that its result depends on."""
    needs: dict[int, set[int]] = defaultdict(set)
    needed = {item.column.column_id for item in _nodes(statement, "ResolvedOutputColumn")}
    subqueries: dict[str, list[int]] = {}
    for entry in _nodes(statement, "ResolvedWithEntry"):
        subqueries[entry.with_query_name] = _ids(_scan_of(entry.with_subquery).column_list)
    for scan in _nodes(statement, "ResolvedWithRefScan"):
        outer = _ids(scan.parent.column_list)
        for column, inner in zip(outer, subqueries[scan.with_query_name], strict=True):
            needs[column].add(inner)
    for scan in _nodes(statement, "ResolvedSetOperationScan"):
        for item in scan.input_item_list:
            pairs = zip(_ids(scan.parent.column_list), _ids(item.output_column_list), strict=True)
            for column, inner in pairs:
                needs[column].add(inner)
    for query in _nodes(statement, "ResolvedSubqueryExpr"):
        needed |= set(_ids(_scan_of(query.subquery).column_list))
    for owner, column in _references(statement, None):
        if owner is None:
            needed.add(column)
        else:
            needs[owner].add(column)
    open_columns = list(needed)
    while open_columns:
        for column in needs[open_columns.pop()] - needed:
            needed.add(column)
            open_columns.append(column)
    for scan in _nodes(statement, "ResolvedTableScan"):
        columns = {one.name for one in scan.parent.column_list if one.column_id in needed}
        yield scan.table.full_name, columns


def _references(node: Message, owner: int | None) -> Iterator[tuple[int | None, int]]:
    """Yield each column that an expression names, with the computed column it is for, if any."""
    kind = node.DESCRIPTOR.name
    if kind == "ResolvedColumnRefProto":
        yield owner, node.column.column_id
        return
    if kind == "ResolvedComputedColumnProto":
        owner = node.column.column_id
    elif kind.endswith("ScanProto"):
        owner = None
    for child in _children(node):
        yield from _references(child, owner)


def _nodes(node: Message, kind: str) -> Iterator[Message]:
    if node.DESCRIPTOR.name == f"{kind}Proto":
        yield node
    for child in _children(node):
        yield from _nodes(child, kind)


def _children(node: Message) -> Iterator[Message]:
    for descriptor, value in node.ListFields():
        if descriptor.message_type is not None:
            yield from value if descriptor.is_repeated else [value]


def _scan_of(scan: Message) -> Message:
    """Return what all scans share, of whichever kind one is."""
    while "column_list" not in scan.DESCRIPTOR.fields_by_name:
        if scan.DESCRIPTOR.name.startswith("AnyResolved"):
            [(_, scan)] = scan.ListFields()
        else:
            scan = scan.parent
    return scan


def _ids(columns: Iterable[Message]) -> list[int]:
    return [column.column_id for column in columns]


def _widths(connection: duckdb.DuckDBPyConnection, table: Name) -> dict[str, float]:
    """Return the bytes of each column of a table at BigQuery's logical sizes."""
    relation = ".".join(table)
    try:
        described = connection.table(relation)
    except duckdb.CatalogException:
        return {}
    columns = list(zip(described.columns, described.types, strict=True))
    sums = ", ".join(f"sum({_width(_quoted(name), kind)})" for name, kind in columns)
    row = connection.execute(f"select {sums} from {relation}").fetchall()[0]
    return {name: float(total or 0) for (name, _), total in zip(columns, row, strict=True)}


def _quoted(name: str) -> str:
    return f'"{name}"'


def _width(value: str, kind: Any) -> str:  # noqa: ANN401 - an engine type
    """Return SQL of the bytes of one value; null costs nothing."""
    if kind.id == "struct":
        parts = [
            _width(f"struct_extract({value}, {name!r})", child) for name, child in kind.children
        ]
        return f"({' + '.join(parts)})"
    if kind.id == "list":
        child = kind.children[0][1]
        inner = _width("item", child)
        return f"coalesce(list_sum(list_transform({value}, lambda item: {inner})), 0)"
    width = FIXED_WIDTHS.get(str(kind).upper())
    if width is None:
        text = f"2 + strlen({value})" if str(kind).upper() == "VARCHAR" else "16"
        return f"(case when {value} is null then 0 else {text} end)"
    return f"(case when {value} is null then 0 else {width} end)"


def _run_and_keep(config: Config) -> None:
    """Run the day on DuckDB and keep the working tables that a run empties at its end."""
    from matchback.build import publish
    from matchback.flows.reconcile import reconcile
    from matchback.project import DEFAULT_CONFIG

    with patch.object(publish, "forget_plain_rows"):
        reconcile.fn(config.root / DEFAULT_CONFIG, FIRST_DAY, FIRST_DAY, AS_OF)


def _settings(config: Config) -> dict[str, Any]:
    first = FIRST_DAY - timedelta(days=WINDOW_DAYS - 1)
    return dbt_settings(config, Window(first, FIRST_DAY), "paper", Clock(AS_OF), has_gateway=True)
