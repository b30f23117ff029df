"""The embedded warehouse: one DuckDB file, one writer."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb

from matchback.core.errors import MatchbackError, WarehouseBusyError, WarehouseCorruptError
from matchback.core.sql import literal
from matchback.warehouse.base import DAMAGED_BLOCK, Parameters, Row, damage_sentence
from matchback.warehouse.shelf import EVENTS, ROWS, Shelf, folder_of
from matchback.warehouse.tables import Engine, Table, tables_on

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# What the engine raises when a file's bytes are not what its name promises.
UNREADABLE_INPUT = (
    duckdb.BinderException,
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    duckdb.OutOfRangeException,
    duckdb.SerializationException,
)

SCHEMAS = ("landing", "quarantine", "marts", "ops")


class DuckDBWarehouse:
    """A DuckDB file opened for one process; times are UTC."""

    engine: Engine = "duckdb"
    bytes_billed = 0

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        memory_limit: str | None = None,
        threads: int | None = None,
    ) -> None:
        self.path = path
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = _connect(path, read_only)
        self.connection.execute("set TimeZone = 'UTC'")
        # On the standard output of a process it would stand in the way of its answer.
        self.connection.execute("set enable_progress_bar = false")
        self.connection.execute("set write_buffer_row_group_count = 1")
        if memory_limit:
            self.connection.execute(f"set memory_limit = '{memory_limit}'")
        if threads:
            self.connection.execute(f"set threads = {threads}")
        self.shelf = Shelf(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def execute(self, sql: str, parameters: Parameters = None) -> None:
        with _damage_named(self.path):
            self.connection.execute(sql, parameters)

    def rows(self, sql: str, parameters: Parameters = None) -> list[Row]:
        with _damage_named(self.path):
            cursor = self.connection.execute(sql, parameters)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def frame(self, sql: str, parameters: Parameters = None) -> "pd.DataFrame":
        with _damage_named(self.path):
            return self.connection.execute(sql, parameters).df()

    def arrow_schema(self, query: str) -> "pa.Schema":
        """Return the columns of a query with their nested types, without running it."""
        return self.connection.sql(f"select * from ({query}) limit 0").to_arrow_table().schema

    @contextmanager
    def registered(self, name: str, relation: object) -> Iterator[None]:
        """Let SQL read an Arrow table or stream by a name while the block runs."""
        self.connection.register(name, relation)
        try:
            yield
        finally:
            self.connection.unregister(name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.connection.execute("begin")
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    @contextmanager
    def unordered(self) -> Iterator[None]:
        """Let a large insert write its rows in any order; in order they are written twice."""
        self.connection.execute("set preserve_insertion_order = false")
        try:
            yield
        finally:
            self.connection.execute("reset preserve_insertion_order")

    def delete_rows(self, table: str, where: str, parameters: Parameters = None) -> None:
        if table == EVENTS:
            self.shelf.take_down(where, parameters)
        self.execute(f"delete from {stored(table)} where {where}", parameters)

    def landed_ga4(self, files: Sequence[str], *, with_skipped: bool = False) -> str:
        return self.shelf.rows_of(files, with_skipped=with_skipped)

    def unfilled_ga4_paths(self, files: Sequence[str]) -> set[str]:
        return self.shelf.unfilled_paths(files)

    def keep_texts(self, file_name: str, path: str, texts: str) -> str:
        """Keep the distinct texts of a parameter list until the connection closes.

        `texts` is a query of param and value; returns the relation of them.
        """
        self.execute(
            "create temp table if not exists landed_texts "
            "(file_name varchar, path varchar, param varchar, value varchar)"
        )
        self.forget_texts(file_name, path)
        name, where = literal(file_name), literal(path)
        self.execute(
            f"insert into landed_texts select {name}, {where}, param, value from ({texts})"
        )
        return f"(select * from landed_texts where file_name = {name} and path = {where})"

    def forget_texts(self, file_name: str, path: str) -> None:
        """Drop kept texts that landing holds in another form."""
        self.execute("delete from landed_texts where file_name = ? and path = ?", [file_name, path])

    def kept_texts(self, path: str, files: Sequence[str]) -> str | None:
        known = self.rows("select 1 as one from duckdb_tables() where table_name = 'landed_texts'")
        if not known:
            return None
        kept = self.rows("select distinct file_name from landed_texts where path = ?", [path])
        if not {row["file_name"] for row in kept}.issuperset(files):
            return None
        names = ", ".join(map(literal, files))
        return (
            f"(select * from landed_texts where path = {literal(path)} and file_name in ({names}))"
        )

    @contextmanager
    def materialised(
        self, query: str, parameters: Mapping[str, Any]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """A filter on a subquery would run on each of its rows, before they are made distinct."""
        self.execute(f"create or replace temp table materialised as {query}", parameters)
        try:
            yield "materialised", {}
        finally:
            self.execute("drop table materialised")

    def apply_ddl(self, tables: Iterable[Table]) -> None:
        declared = tables_on(self.engine, tables)
        with self.transaction():
            for schema in SCHEMAS:
                self.connection.execute(f"create schema if not exists {schema}")
            self._rename_older_rows()
            for table in declared:
                self.connection.execute(table.create_statement(self.engine))
            self._add_missing_columns(declared)
            self.shelf.show()
        self.connection.execute("checkpoint")
        self.shelf.sweep()

    def _rename_older_rows(self) -> None:
        """What is a view now was the table of rows in older versions."""
        schema, name = EVENTS.split(".")
        is_table = self.rows(
            "select 1 as one from duckdb_tables() where schema_name = ? and table_name = ?",
            [schema, name],
        )
        if is_table:
            self.execute(f"alter table {EVENTS} rename to {ROWS.partition('.')[2]}")

    def _add_missing_columns(self, declared: Iterable[Table]) -> None:
        """Give tables that an older version made the columns that have come since."""
        rows = self.rows(
            "select concat(table_schema, '.', table_name) as table_name, column_name "
            "from information_schema.columns"
        )
        existing = {(row["table_name"], row["column_name"]) for row in rows}
        for table in declared:
            name = table.stored_on(self.engine)
            for column, kind in table.types.items():
                if (name, column) not in existing:
                    spelled = kind.sql(self.engine)
                    self.execute(f'alter table {name} add column "{column}" {spelled}')

    def fetch_beside(self, table: str, file_name: str) -> None:
        """Have the rows here that lie beside those of a new file; a file holds all of its own."""

    def fetch_file(self, table: str, file_name: str) -> None:
        """Have the landed rows of a file here before it is replaced."""

    def close(self) -> None:
        # What could not be removed now goes when the next run begins.
        with suppress(duckdb.Error, MatchbackError, OSError):
            self.shelf.close()
        self.connection.close()


def stored(table: str) -> str:
    """Return the table in which rows of a landing relation are written."""
    return ROWS if table == EVENTS else table


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Tell damage, which no retry heals, from every other error."""
    try:
        yield
    except duckdb.Error as error:
        if DAMAGED_BLOCK in str(error):
            raise WarehouseCorruptError(damage_sentence(path.name)) from None
        if isinstance(error, duckdb.IOException) and folder_of(path).name in str(error):
            raise WarehouseCorruptError(
                f"A file in {folder_of(path).name} cannot be read. If the warehouse was moved, the "
                "next `matchback run` finds it again; else restore both from one backup."
            ) from None
        raise


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=read_only)
    except duckdb.IOException as error:
        holder = re.search(r"PID (\d+)", str(error))
        if holder or "lock" in str(error).lower():
            who = f"process {holder.group(1)}" if holder else "another process"
            raise WarehouseBusyError(
                f"The warehouse {path.name} is in use by {who}; wait for it to end, then run again."
            ) from None
        raise WarehouseCorruptError(
            f"The warehouse {path.name} cannot be opened ({_name_of(error)}); nothing was "
            "changed. Keep the file and its .wal, restore a backup beside it, then run again."
        ) from None
    except duckdb.Error as error:
        raise WarehouseCorruptError(
            f"The warehouse {path.name} cannot be opened ({_name_of(error)}); nothing was "
            "changed. Keep the file and its .wal, restore a backup beside it, then run again."
        ) from None


def _name_of(error: Exception) -> str:
    return type(error).__name__
