"""A warehouse whose engine is Google's reference implementation of GoogleSQL, in memory.

Each statement is first analysed as BigQuery would (names, types, parameters as the client sends
them), then computed: queries and DML alike. What it answers does not come from DuckDB.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from google.protobuf.message import Message
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service

from matchback.sources.catalog import TABLES
from matchback.warehouse.base import Parameters, Row, RowsInTables
from matchback.warehouse.bigquery import SCHEMAS, in_bigquery, query_parameters
from matchback.warehouse.tables import Table, tables_on
from tests.bigquery.googlesql import (
    PREFIX,
    Column,
    GoogleSql,
    Parameter,
    SqlRejectedError,
    add_table,
    kind_of,
)
from tests.bigquery.partition_filters import PARTITIONS, unfiltered
from tests.bigquery.values import cell_of, content_of, rows_of

ROW = Column("row__position", GoogleSql.type_of("int64"))
TABLE = re.compile(
    rf"'(?:[^'\\]|\\.)*'|\b({'|'.join(SCHEMAS)})\.([A-Za-z_]\w*(?:\.TABLES)?)(\s+as\b)?"
)
TEXT_OR_PLACE = re.compile(r"'(?:[^'\\]|\\.)*'|(\?)")
WRITTEN = re.compile(r"\s*(insert into|delete from|update)\s+(\w+)\.(\w+)", re.IGNORECASE)
CATALOG = "INFORMATION_SCHEMA.TABLES"
# Where DuckDB writes what a view shows.
BEHIND_VIEWS = {table.stored_on_duckdb_as for table in TABLES}


@dataclass(frozen=True)
class Sent:
    """One statement that was accepted."""

    sql: str
    kind: str


class GoogleWarehouse(RowsInTables):
    """Implements the Warehouse protocol; `sent` keeps what it accepted."""

    engine = "bigquery"
    bytes_billed = 0

    def __init__(self, analyzer: GoogleSql) -> None:
        self.analyzer = analyzer
        self.contents: dict[tuple[str, str], Message] = {}
        self.columns: dict[tuple[str, str], tuple[Column, ...]] = {}
        self.views: set[tuple[str, str]] = set()
        self.sent: list[Sent] = []
        for declared in tables_on("bigquery", TABLES):
            made = analyzer.analyze(in_bigquery(declared.create_statement("bigquery"), PREFIX))
            schema, table = made.creates or ("", "")
            self._add((schema.removeprefix(PREFIX), table), made.columns, [])
        for schema in SCHEMAS:
            self._list_tables(schema)

    def copy_of(self, path: Path, schemas: Sequence[str]) -> "GoogleWarehouse":
        """Take over the rows of a DuckDB file, and the tables that no DDL makes.

        What a DuckDB warehouse keeps behind a view comes in through the view.
        """
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            tables = connection.execute(
                "select table_schema, table_name, table_type from information_schema.tables"
            ).fetchall()
            for schema, table, kind in tables:
                if schema in schemas and f"{schema}.{table}" not in BEHIND_VIEWS:
                    if kind == "VIEW":
                        self.views.add((schema, table))
                    self._copy(connection, schema, table)
        return self

    def table(self, name: str) -> list[tuple[Any, ...]]:
        """Return the rows of a table."""
        schema, _, table = name.partition(".")
        columns = self.columns[schema, table]
        return [
            tuple(
                _as_client(value, column.type) for value, column in zip(row, columns, strict=True)
            )
            for row in rows_of(self.contents[schema, table], columns)
        ]

    def execute(self, sql: str, parameters: Parameters = None) -> None:
        self._accept(sql, parameters)
        written = WRITTEN.match(sql)
        if written:
            self._modify(written, sql, parameters)

    def rows(self, sql: str, parameters: Parameters = None) -> list[Row]:
        columns = self._accept(sql, parameters)
        flat, named = self._flat(sql, parameters)
        request = service.EvaluateQueryRequest(sql=flat, options=self.analyzer.options(named))
        self._give(request, sql)
        self._bind(request, named)
        answer = self.analyzer.call("EvaluateQuery", request, service.EvaluateQueryResponse)
        return [
            {
                column.name: _as_client(value, column.type)
                for value, column in zip(row, columns, strict=True)
            }
            for row in rows_of(answer.content, columns)
        ]

    def frame(self, sql: str, parameters: Parameters = None) -> pd.DataFrame:
        columns = [column.name for column in self._accept(sql, parameters)]
        return pd.DataFrame(self.rows(sql, parameters), columns=columns)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        before = dict(self.contents)
        try:
            yield
        except BaseException:
            self.contents = before
            raise

    @contextmanager
    def for_one_test(self) -> Iterator["GoogleWarehouse"]:
        """Give the warehouse to one test and take back what it changed."""
        before = dict(self.contents)
        try:
            yield self
        finally:
            self.contents = before

    def apply_ddl(self, tables: Iterable[Table]) -> None:
        """The tables are there."""

    def close(self) -> None:
        """Nothing is open."""

    def _add(
        self, name: tuple[str, str], columns: Sequence[Column], rows: list[Sequence[Any]]
    ) -> None:
        schema, table = name
        self.columns[name] = tuple(columns)
        self.analyzer.tables[f"{PREFIX}{schema}", table] = tuple(columns)
        self.contents[name] = _contents(rows, columns)
        self._list_tables(schema)

    def _list_tables(self, schema: str) -> None:
        texts = tuple(
            Column(name, GoogleSql.type_of("string")) for name in ("table_name", "table_type")
        )
        tables = [
            (table, "VIEW" if (held, table) in self.views else "BASE TABLE")
            for held, table in self.columns
            if held == schema
        ]
        self.columns.setdefault((schema, CATALOG), texts)
        self.contents[schema, CATALOG] = content_of(
            [row for row in tables if row[0] != CATALOG], texts
        )
        self.analyzer.tables[f"{PREFIX}{schema}", *CATALOG.split(".")] = texts

    def _copy(self, connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
        if (schema, table) not in self.columns:
            described = connection.execute(f"describe {schema}.{table}").fetchall()
            spelled = {row[0]: _bigquery_type(row[1]) for row in described}
            self.analyzer.declare((f"{PREFIX}{schema}", table), spelled)
            self._add((schema, table), self.analyzer.tables[f"{PREFIX}{schema}", table], [])
        columns = self.columns[schema, table]
        names = ", ".join(f'"{column.name}"' for column in columns)
        rows = connection.execute(f"select {names} from {schema}.{table}").fetchall()
        self.contents[schema, table] = _contents(rows, columns)

    def _accept(self, sql: str, parameters: Parameters) -> tuple[Column, ...]:
        """Analyse what the client would send; SqlRejectedError where BigQuery would refuse."""
        analyzed = self.analyzer.analyze(in_bigquery(sql, PREFIX), query_parameters(parameters))
        bare = unfiltered(analyzed.resolved, PARTITIONS)
        if bare:
            raise SqlRejectedError(f"no partition filter on {', '.join(sorted(bare))}: {sql[:200]}")
        self.sent.append(Sent(sql, analyzed.kind))
        return analyzed.columns

    def _modify(self, written: re.Match[str], sql: str, parameters: Parameters) -> None:
        name = (written[2], written[3])
        flat, named = self._flat(sql, parameters)
        request = service.EvaluateModifyRequest(sql=flat, options=self.analyzer.options(named))
        is_insert = written[1].lower() == "insert into"
        self._give(request, sql, keyed=None if is_insert else name)
        self._bind(request, named)
        answer = self.analyzer.call("EvaluateModify", request, service.EvaluateModifyResponse)
        held = self.contents[name].table_data.row
        if is_insert:
            added = [_stored(row.cell, self.columns[name]) for row in answer.content]
            self.contents[name] = _content_with(held, added)
            return
        changed = {row.old_primary_key[0].int64_value: row for row in answer.content}
        kept = [row for at, row in enumerate(held) if at not in changed]
        updated = [
            _stored(row.cell[:-1], self.columns[name])
            for row in changed.values()
            if row.operation == row.Operation.UPDATE
        ]
        self.contents[name] = _content_with(kept, updated)

    def _give(self, request: Message, sql: str, keyed: tuple[str, str] | None = None) -> None:
        """Hand over the tables that a statement names; a changed one gets a key per row."""
        catalog = request.simple_catalog
        self.analyzer.begin(catalog)
        for name in {(found[1], found[2]) for found in TABLE.finditer(sql) if found[1]}:
            columns, content = self.columns[name], self.contents[name]
            if name == keyed:
                columns, content = (*columns, ROW), _numbered(content)
            add_table(catalog, _flat_name(name), columns)
            if name == keyed:
                catalog.table[-1].primary_key_column_index.append(len(columns) - 1)
            request.table_content[_flat_name(name)].CopyFrom(content)

    def _flat(self, sql: str, parameters: Parameters) -> tuple[str, list[Parameter]]:
        """Name tables and parameters as the evaluator can: one catalog, named parameters."""
        is_insert = sql.lstrip().lower().startswith("insert")
        target = TABLE.search(sql) if is_insert else None

        def table(found: re.Match[str]) -> str:
            if not found[1]:
                return found[0]
            alias = found[3] or f" as {found[2].rpartition('.')[2]}"
            is_target = target is not None and found.start() == target.start()
            return _flat_name((found[1], found[2])) + ("" if is_target else alias)

        flat = TABLE.sub(table, sql)
        if parameters is None or isinstance(parameters, Mapping):
            return in_bigquery(flat, ""), query_parameters(parameters)
        numbers = iter(range(len(parameters)))
        flat = TEXT_OR_PLACE.sub(
            lambda found: f"@place_{next(numbers)}" if found[1] else found[0], flat
        )
        named = {f"place_{number}": value for number, value in enumerate(parameters)}
        return in_bigquery(flat, ""), query_parameters(named)

    def _bind(self, request: Message, named: Sequence[Parameter]) -> None:
        for parameter in named:
            value = parameter.values if hasattr(parameter, "values") else parameter.value
            kind = self.analyzer.parameter_type(parameter)
            request.params.add(name=parameter.name, value=cell_of(value, kind))


def _flat_name(name: tuple[str, str]) -> str:
    return f"{name[0]}__{name[1].replace('.', '__')}"


def _numbered(content: Message) -> Message:
    numbered = service.TableContent()
    numbered.CopyFrom(content)
    numbered.table_data.SetInParent()
    for position, row in enumerate(numbered.table_data.row):
        row.cell.add(int64_value=position)
    return numbered


def _content_with(kept: Iterable[Message], added: Iterable[Sequence[Message]]) -> Message:
    content = service.TableContent()
    content.table_data.SetInParent()
    content.table_data.row.extend(kept)
    for cells in added:
        content.table_data.row.add().cell.extend(cells)
    return content


def _contents(rows: Iterable[Sequence[Any]], columns: Sequence[Column]) -> Message:
    content = content_of(rows, columns)
    for row in content.table_data.row:
        cells = _stored(row.cell, columns)
        del row.cell[:]
        row.cell.extend(cells)
    return content


def _stored(cells: Sequence[Message], columns: Sequence[Column]) -> list[Message]:
    """Return cells as a table keeps them: BigQuery stores an absent list as an empty one."""
    return [
        cell_of([], column.type)
        if kind_of(column.type) == "ARRAY" and cell.WhichOneof("value") is None
        else cell
        for cell, column in zip(cells, columns, strict=True)
    ]


def _as_client(value: Any, kind: Message) -> Any:
    """Return lists as lists and structs as dictionaries, as the client does."""
    if value is None:
        return None
    if kind_of(kind) == "ARRAY":
        return [_as_client(item, kind.array_type.element_type) for item in value]
    if kind_of(kind) == "STRUCT":
        return {
            part.field_name: _as_client(item, part.field_type)
            for item, part in zip(value, kind.struct_type.field, strict=True)
        }
    return value


def _bigquery_type(kind: str) -> str:
    """Spell a DuckDB type as BigQuery does."""
    if kind.endswith("[]"):
        return f"array<{_bigquery_type(kind[:-2])}>"
    if kind.startswith("STRUCT("):
        fields = re.findall(r'"?(\w+)"? ([A-Z]+(?:\(\d+,\d+\))?(?:\[\])?)', kind[7:-1])
        return f"struct<{', '.join(f'{name} {_bigquery_type(part)}' for name, part in fields)}>"
    if kind.startswith("DECIMAL"):
        return "numeric"
    return {
        "VARCHAR": "string", "BIGINT": "int64", "INTEGER": "int64", "HUGEINT": "int64",
        "UBIGINT": "int64", "DOUBLE": "float64", "FLOAT": "float64", "BOOLEAN": "bool",
        "TIMESTAMP": "timestamp", "TIMESTAMP WITH TIME ZONE": "timestamp", "DATE": "date",
        "JSON": "string", "BLOB": "bytes",
    }[kind]  # fmt: skip
