"""GA4 shards that stay Parquet: copied beside the warehouse as they are, shown by a view.

To write a million nested rows into the engine costs more than all that is asked of them later.
landing.ga4_events shows the rows of landing.ga4_rows and of every file named in
landing.ga4_shards; date, kind, run and name of a shard stand in its path, so that a filter on them
leaves the other files unread. A file is complete before a transaction names it, and is removed
only after one no longer does: a run that ends in between leaves a file that nothing names.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from urllib.parse import quote as percent_encoded
from uuid import uuid4

from matchback.core.errors import WarehouseCorruptError
from matchback.core.sql import literal, quote
from matchback.sources.ga4.parquet_footer import unfilled_paths
from matchback.warehouse.base import Parameters, Warehouse, fetch
from matchback.warehouse.duckdb import DuckDBWarehouse

EVENTS = "landing.ga4_events"
ROWS = "landing.ga4_rows"
SHARDS = "landing.ga4_shards"
IN_PATH = {
    "table_date": "date",
    "export_kind": "varchar",
    "run_id": "varchar",
    "file_name": "varchar",
}
LONGEST_NAME = 200


@dataclass(frozen=True)
class Shard:
    """A Parquet file to store: what names it, and how its columns read as landing's."""

    file_name: str
    table_date: date
    export_kind: str
    run_id: str
    column_sql: Mapping[str, str]
    skipped_rows: Sequence[int]
    row_count: int


@dataclass(frozen=True)
class StoredShard:
    """A row of landing.ga4_shards."""

    file_name: str
    table_date: date
    export_kind: str
    run_id: str
    path: str
    column_sql: str
    skipped_rows: list[int]
    row_count: int

    @property
    def key(self) -> tuple[str, date, str]:
        """What names its rows."""
        return self.file_name, self.table_date, self.run_id


@dataclass(frozen=True)
class _RowsOfShard:
    file_name: str
    table_date: date
    run_id: str
    row_count: int


COLUMNS = ", ".join(field.name for field in fields(StoredShard))


class LandedShards:
    """Where the scan finds the landed rows of some shards; here all lie in one table."""

    def rows_of(self, files: Collection[str], *, with_skipped: bool = False) -> str:
        """Return the relation to read the rows of these shards from; it may hold more.

        `with_skipped` allows rows that were read and not landed: it is quicker where they do no
        harm.
        """
        return EVENTS

    def unfilled_paths(self, files: Collection[str]) -> set[str]:
        """Return leaves of these shards' rows that are known to be null in all of them."""
        return set()

    def texts_of(self, path: str, files: Collection[str]) -> str | None:
        """Return the relation of a parameter list's distinct texts, where loading noted them."""
        return None


def landed_shards(warehouse: Warehouse) -> LandedShards:
    """Return where the landed rows of a warehouse's shards are."""
    outside = warehouse.outside if isinstance(warehouse, DuckDBWarehouse) else None
    return outside if isinstance(outside, ShardStore) else LandedShards()


def store_of(warehouse: DuckDBWarehouse) -> "ShardStore":
    """Return the store that a warehouse was opened with."""
    if not isinstance(warehouse.outside, ShardStore):
        raise TypeError("this warehouse was opened without its GA4 shards")
    return warehouse.outside


class ShardStore(LandedShards):
    """The Parquet files beside one DuckDB warehouse, and the view of all landed rows."""

    view = EVENTS
    table = ROWS

    def __init__(self, warehouse: DuckDBWarehouse) -> None:
        self._warehouse = warehouse
        self.folder = warehouse.path.with_name(f"{warehouse.path.name}.shards")
        self._may_hold_more = False

    def prepare(self) -> None:
        """What is a view now was the table of rows in older versions."""
        schema, name = EVENTS.split(".")
        is_table = self._warehouse.rows(
            "select 1 as one from duckdb_tables() where schema_name = ? and table_name = ?",
            [schema, name],
        )
        if is_table:
            self._warehouse.execute(f"alter table {EVENTS} rename to {ROWS.partition('.')[2]}")

    def has_room_for(self, file_name: str) -> bool:
        """Say whether a name fits into a path."""
        return len(percent_encoded(file_name, safe="")) <= LONGEST_NAME

    def put(self, shard: Shard, source: Path) -> None:
        """Store a copy of a file and show its rows; part of the caller's transaction."""
        self._may_hold_more = True
        path = self._path_of(shard)
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        with target.open("rb") as copied:
            os.fsync(copied.fileno())
        self._warehouse.execute(
            f"insert into {SHARDS} values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                shard.file_name,
                shard.table_date,
                shard.export_kind,
                shard.run_id,
                path,
                json.dumps(shard.column_sql),
                list(shard.skipped_rows),
                shard.row_count,
            ],
        )
        self.show()

    def show(self, *, has_rows: bool | None = None) -> None:
        """Make the view of all landed rows; WarehouseCorruptError when a file is missing.

        An empty table of rows is left out, unless `has_rows` says that some are coming: through a
        union the engine reads whole structs, and not only the fields that are asked for.
        """
        if has_rows is None:
            has_rows = bool(self._warehouse.rows(f"select 1 as one from {ROWS} limit 1"))
        shards = self._shards()
        branches = self._branches(shards)
        if has_rows or not shards:
            branches.append(f"select * from {ROWS}")
        self._warehouse.execute(
            f"create or replace view {EVENTS} as " + " union all ".join(branches)
        )

    def rows_of(self, files: Collection[str], *, with_skipped: bool = False) -> str:
        """Return the files of some shards where these hold all rows, else the view of all rows."""
        shards = self._sole_shards(files)
        if shards is None:
            return EVENTS
        if with_skipped:
            shards = [replace(shard, skipped_rows=[]) for shard in shards]
        return f"({' union all '.join(self._branches(shards))})"

    def unfilled_paths(self, files: Collection[str]) -> set[str]:
        """Return the leaves that hold no value in any row of some shards, where files say so."""
        shards = self._sole_shards(files)
        empty = [unfilled_paths(self.folder / shard.path) for shard in shards or ()]
        return set.intersection(*empty) if empty else set()

    def _sole_shards(self, files: Collection[str]) -> list[StoredShard] | None:
        """Return the shards of some files; None when any of their rows lie elsewhere."""
        shards = [shard for shard in self._shards() if shard.file_name in set(files)]
        is_whole = {shard.file_name for shard in shards} == set(files)
        return shards if is_whole and not self._has_rows_of(files) else None

    def _has_rows_of(self, files: Collection[str]) -> bool:
        return bool(
            self._warehouse.rows(
                f"select 1 as one from {ROWS} where file_name in (select unnest($files)) limit 1",
                {"files": list(files)},
            )
        )

    def let_go(self, where: str, parameters: Parameters) -> None:
        """Let go of shards before rows are deleted: those that go as a whole, then those in part.

        The rest of a shard that loses some rows moves into the engine, where rows can be deleted.
        """
        shards = self._shards()
        if not shards:
            return
        doomed = fetch(
            self._warehouse,
            _RowsOfShard,
            "select file_name, table_date, run_id, count(*) as row_count "
            f"from ({' union all '.join(self._branches(shards))}) as events where {where} "
            "group by all",
            parameters,
        )
        counts = {(row.file_name, row.table_date, row.run_id): row.row_count for row in doomed}
        self._may_hold_more = True
        for shard in shards:
            if shard.key not in counts:
                continue
            if counts[shard.key] < shard.row_count:
                self.show(has_rows=True)
                [branch] = self._branches([shard])
                self._warehouse.execute(f"insert into {ROWS} by name {branch}")
            self._warehouse.execute(f"delete from {SHARDS} where path = ?", [shard.path])
        if counts:
            self.show()

    def note_texts(self, file_name: str, path: str, texts: str) -> str:
        """Hold the distinct texts of a parameter list until the connection closes, for the scan.

        `texts` is a query of param and value; returns the relation of them.
        """
        self._warehouse.execute(
            "create temp table if not exists landed_texts "
            "(file_name varchar, path varchar, param varchar, value varchar)"
        )
        self.forget_texts(file_name, path)
        name, where = literal(file_name), literal(path)
        self._warehouse.execute(
            f"insert into landed_texts select {name}, {where}, param, value from ({texts})"
        )
        return f"(select * from landed_texts where file_name = {name} and path = {where})"

    def forget_texts(self, file_name: str, path: str) -> None:
        """Drop noted texts that landing holds in another form."""
        self._warehouse.execute(
            "delete from landed_texts where file_name = ? and path = ?", [file_name, path]
        )

    def texts_of(self, path: str, files: Collection[str]) -> str | None:
        """Return the relation of the texts that were noted of all these shards."""
        known = self._warehouse.rows(
            "select 1 as one from duckdb_tables() where table_name = 'landed_texts'"
        )
        if not known:
            return None
        noted = self._warehouse.rows(
            "select distinct file_name from landed_texts where path = ?", [path]
        )
        if not {row["file_name"] for row in noted}.issuperset(files):
            return None
        names = ", ".join(map(literal, files))
        return (
            f"(select * from landed_texts where path = {literal(path)} and file_name in ({names}))"
        )

    def close(self) -> None:
        """Remove what this connection's transactions let go of."""
        if self._may_hold_more:
            self.sweep()

    def sweep(self) -> None:
        """Remove the files that no transaction names."""
        named = {shard.path for shard in self._shards()}
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path.relative_to(self.folder).as_posix() not in named:
                path.unlink()

    def _path_of(self, shard: Shard) -> str:
        parts = {name: str(getattr(shard, name)) for name in IN_PATH}
        folders = [f"{name}={percent_encoded(value, safe='')}" for name, value in parts.items()]
        return "/".join([*folders, f"{self._warehouse.path.name}.{uuid4().hex}.parquet"])

    def _shards(self) -> list[StoredShard]:
        query = f"select {COLUMNS} from {SHARDS} order by path"
        shards = fetch(self._warehouse, StoredShard, query)
        for shard in shards:
            if not (self.folder / shard.path).is_file():
                raise WarehouseCorruptError(
                    f"The file of {shard.file_name} is missing in {self.folder.name}; put the "
                    "folder beside the warehouse again, or restore both from one backup."
                )
        return shards

    def _branches(self, shards: Iterable[StoredShard]) -> list[str]:
        """Return one query for all files that are read alike, and one per file that skips rows."""
        alike: dict[tuple[str, tuple[int, ...]], list[str]] = {}
        for shard in shards:
            key = (shard.column_sql, tuple(shard.skipped_rows))
            alike.setdefault(key, []).append(str(self.folder / shard.path))
        return [
            self._branch(json.loads(column_sql), skipped, paths)
            for (column_sql, skipped), paths in alike.items()
        ]

    def _branch(
        self, column_sql: Mapping[str, str], skipped: Sequence[int], paths: Sequence[str]
    ) -> str:
        by_path = {name: name for name in IN_PATH}
        known = {**column_sql, **by_path, "row_number": "file_row_number + 1"}
        columns = ", ".join(
            f"{known.get(name) or f'cast(null as {kind})'} as {quote(name)}"
            for name, kind in self._columns().items()
        )
        files = ", ".join(literal(path.replace("[", "[[]")) for path in paths)
        kinds = ", ".join(f"{name}: {kind}" for name, kind in IN_PATH.items())
        rows = (
            f"read_parquet([{files}], file_row_number = true, hive_partitioning = true, "
            f"hive_types = {{{kinds}}})"
        )
        left_out = f" where file_row_number + 1 not in ({_listed(skipped)})" if skipped else ""
        return f"select {columns} from {rows}{left_out}"

    def _columns(self) -> dict[str, str]:
        described = self._warehouse.rows(f"describe {ROWS}")
        return {row["column_name"]: row["column_type"] for row in described}


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
