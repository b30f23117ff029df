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
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote as percent_encoded
from uuid import uuid4

from matchback.core.errors import WarehouseCorruptError
from matchback.core.sql import literal, quote
from matchback.warehouse.base import Parameters, Row

if TYPE_CHECKING:
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
    """A Parquet file to keep: what names it, and how its columns read as landing's."""

    file_name: str
    table_date: date
    export_kind: str
    run_id: str
    column_sql: Mapping[str, str]
    skipped_rows: Sequence[int]
    row_count: int


class Shelf:
    """The Parquet files beside one DuckDB warehouse."""

    def __init__(self, warehouse: "DuckDBWarehouse") -> None:
        self._warehouse = warehouse
        self.folder = folder_of(warehouse.path)
        self._may_hold_more = False

    def has_room_for(self, file_name: str) -> bool:
        """Say whether a name fits into a path."""
        return len(percent_encoded(file_name, safe="")) <= LONGEST_NAME

    def put(self, shard: Shard, source: Path) -> None:
        """Keep a copy of a file and show its rows; part of the caller's transaction."""
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

    def rows_of(self, files: Collection[str], *, with_skipped: bool) -> str:
        """Return the relation of the rows of some shards: of their files alone where that is all.

        Otherwise it is the view of all rows. `with_skipped` spares the look at each row's number.
        """
        shards = self._sole_shards(files)
        if shards is None:
            return EVENTS
        if with_skipped:
            shards = [{**shard, "skipped_rows": []} for shard in shards]
        return f"({' union all '.join(self._branches(shards))})"

    def unfilled_paths(self, files: Collection[str]) -> set[str]:
        """Return the leaves that hold no value in any row of some shards, where files say so."""
        from matchback.sources.ga4.parquet_footer import unfilled_paths

        shards = self._sole_shards(files)
        empty = [unfilled_paths(self.folder / shard["path"]) for shard in shards or ()]
        return set.intersection(*empty) if empty else set()

    def _sole_shards(self, files: Collection[str]) -> list[Row] | None:
        """Return the shards of some files; None when any of their rows lie elsewhere."""
        shards = [shard for shard in self._shards() if shard["file_name"] in set(files)]
        is_whole = {shard["file_name"] for shard in shards} == set(files)
        return shards if is_whole and not self._has_rows_of(files) else None

    def _has_rows_of(self, files: Collection[str]) -> bool:
        return bool(
            self._warehouse.rows(
                f"select 1 as one from {ROWS} where file_name in (select unnest($files)) limit 1",
                {"files": list(files)},
            )
        )

    def take_down(self, where: str, parameters: Parameters) -> None:
        """Let go of shards before rows are deleted: those that go as a whole, then those in part.

        The rest of a shard that loses some rows moves into the engine, where rows can be deleted.
        """
        shards = self._shards()
        if not shards:
            return
        doomed = self._warehouse.rows(
            "select file_name, table_date, run_id, count(*) as row_count "
            f"from ({' union all '.join(self._branches(shards))}) as events where {where} "
            "group by all",
            parameters,
        )
        counts = {_key(row): row["row_count"] for row in doomed}
        self._may_hold_more = True
        for shard in shards:
            if _key(shard) not in counts:
                continue
            if counts[_key(shard)] < shard["row_count"]:
                self.show(has_rows=True)
                [branch] = self._branches([shard])
                self._warehouse.execute(f"insert into {ROWS} by name {branch}")
            self._warehouse.execute(f"delete from {SHARDS} where path = ?", [shard["path"]])
        if counts:
            self.show()

    def close(self) -> None:
        """Remove what this connection's transactions let go of."""
        if self._may_hold_more:
            self.sweep()

    def sweep(self) -> None:
        """Remove the files that no transaction names."""
        kept = {shard["path"] for shard in self._shards()}
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path.relative_to(self.folder).as_posix() not in kept:
                path.unlink()

    def _path_of(self, shard: Shard) -> str:
        parts = {name: str(getattr(shard, name)) for name in IN_PATH}
        folders = [f"{name}={percent_encoded(value, safe='')}" for name, value in parts.items()]
        return "/".join([*folders, f"{self._warehouse.path.name}.{uuid4().hex}.parquet"])

    def _shards(self) -> list[Row]:
        shards = self._warehouse.rows(f"select * from {SHARDS} order by path")
        for shard in shards:
            if not (self.folder / shard["path"]).is_file():
                raise WarehouseCorruptError(
                    f"The file of {shard['file_name']} is missing in {self.folder.name}; put the "
                    "folder beside the warehouse again, or restore both from one backup."
                )
        return shards

    def _branches(self, shards: Iterable[Row]) -> list[str]:
        """Return one query for all files that are read alike, and one per file that skips rows."""
        alike: dict[tuple[str, tuple[int, ...]], list[str]] = {}
        for shard in shards:
            key = (shard["column_sql"], tuple(shard["skipped_rows"]))
            alike.setdefault(key, []).append(str(self.folder / shard["path"]))
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


def folder_of(warehouse: Path) -> Path:
    """Return where the shards of a warehouse file lie."""
    return warehouse.with_name(f"{warehouse.name}.shards")


def _key(shard: Row) -> tuple[str, date, str]:
    return shard["file_name"], shard["table_date"], shard["run_id"]


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
