"""The embedded warehouse: one DuckDB file, one writer."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb

from matchback.core.errors import MatchbackError, WarehouseBusyError, WarehouseCorruptError
from matchback.core.sql import literal, quote
from matchback.warehouse.base import DAMAGED_BLOCK, Parameters, Row, damage_sentence
from matchback.warehouse.outside import OutsideRows
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
        tables: Iterable[Table] = (),
        outside: "Callable[[DuckDBWarehouse], OutsideRows] | None" = None,
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
        self.tables = tables_on(self.engine, tables)
        self.outside = outside(self) if outside else None

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
        with _damage_named(self.path, self.outside):
            self.connection.execute(sql, parameters)

    def rows(self, sql: str, parameters: Parameters = None) -> list[Row]:
        with _damage_named(self.path, self.outside):
            cursor = self.connection.execute(sql, parameters)
            names = [column[0] for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def frame(self, sql: str, parameters: Parameters = None) -> "pd.DataFrame":
        with _damage_named(self.path, self.outside):
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
        if self.outside and table == self.outside.view:
            self.outside.let_go(where, parameters)
        self.execute(f"delete from {self.written(table)} where {where}", parameters)

    def written(self, relation: str) -> str:
        """Return the table in which the rows of a landing relation are written."""
        outside = self.outside
        return outside.table if outside and relation == outside.view else relation

    @contextmanager
    def materialized(
        self, query: str, parameters: Mapping[str, Any]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """A filter on a subquery would run on each of its rows, before they are made distinct."""
        self.execute(f"create or replace temp table materialized as {query}", parameters)
        try:
            yield "materialized", {}
        finally:
            self.execute("drop table materialized")

    def apply_ddl(self) -> None:
        with self.transaction():
            for schema in SCHEMAS:
                self.connection.execute(f"create schema if not exists {schema}")
            if self.outside:
                self.outside.prepare()
            for table in self.tables:
                self.connection.execute(table.create_statement(self.engine))
            self._add_missing_columns()
            if self.outside:
                self.outside.show()
        self.connection.execute("checkpoint")
        if self.outside:
            self.outside.sweep()

    def _add_missing_columns(self) -> None:
        """Give tables that an older version made the columns that have come since."""
        rows = self.rows(
            "select concat(table_schema, '.', table_name) as table_name, column_name "
            "from information_schema.columns"
        )
        existing = {(row["table_name"], row["column_name"]) for row in rows}
        for table in self.tables:
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
            if self.outside:
                self.outside.close()
        self.connection.close()


def require_room_for_copy(path: Path) -> None:
    """Refuse what ends with `rewrite_file` where the disk has no room for it."""
    if shutil.disk_usage(path.parent).free < path.stat().st_size:
        raise MatchbackError(
            f"The disk has no room for a second copy of {path.name}, which an erasure writes so "
            "that nothing is left in the file; make room, then run again. Nothing was changed."
        )


def rewrite_file(path: Path) -> None:
    """Copy a warehouse into a new file in its place: what was deleted is in its bytes no more.

    DuckDB keeps the blocks of deleted rows until others need them. Nobody else may have it open.
    """
    fresh = path.with_name(f"{path.name}.fresh")
    fresh.unlink(missing_ok=True)
    try:
        with duckdb.connect() as connection:
            # Views name their database; it is called after the file.
            old, new = quote(path.stem), quote(f"{path.stem}_fresh")
            connection.execute(f"attach {literal(str(path))} as {old}")
            connection.execute(f"checkpoint {old}")
            connection.execute(f"attach {literal(str(fresh))} as {new}")
            connection.execute(f"copy from database {old} to {new}")
            connection.execute(f"detach {new}")
            connection.execute(f"detach {old}")
        fresh.chmod(0o600)
        fresh.replace(path)
    except (duckdb.Error, OSError) as error:
        fresh.unlink(missing_ok=True)
        raise MatchbackError(
            "The rows are erased, but the warehouse's file could not be written anew "
            f"({_name_of(error)}), so its free blocks may still hold them; the next erasure "
            "writes it anew."
        ) from None


@contextmanager
def _damage_named(path: Path, outside: OutsideRows | None) -> Iterator[None]:
    """Tell damage, which no retry heals, from every other error."""
    try:
        yield
    except duckdb.Error as error:
        if DAMAGED_BLOCK in str(error):
            raise WarehouseCorruptError(damage_sentence(path.name)) from None
        if outside and isinstance(error, duckdb.IOException) and outside.folder.name in str(error):
            raise WarehouseCorruptError(
                f"A file in {outside.folder.name} cannot be read. If the warehouse was moved, the "
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
