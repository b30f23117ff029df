"""A DuckDB file that one run's rows land in before their partitions go to BigQuery.

Only what a load must see is brought here: what it looks up (ledger, scans, suppressions), and the
earlier rows of the partitions that it is about to replace.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from matchback.core.sql import literal, quote
from matchback.sources.catalog import PARTITIONED, TABLES
from matchback.warehouse.bigquery import BigQueryWarehouse
from matchback.warehouse.duckdb import DuckDBWarehouse
from matchback.warehouse.outside import OutsideRows
from matchback.warehouse.tables import Table

LOOKED_UP = {
    "landing.load_ledger": "loaded_at",
    "landing.pii_scans": "file_name",
    "ops.file_partitions": "file_name",
    "ops.digest_keys": "purpose",
    "ops.suppressions": "digest",
}
VOUCHED = (
    "(file_name, run_id) in (select (file_name, run_id) from landing.load_ledger "
    "where error is null)"
)
Key = date | None
Fingerprint = tuple[int, int]
NOTHING = (0, 0)


class ScratchWarehouse(DuckDBWarehouse):
    """A DuckDB warehouse whose earlier rows stand in BigQuery and are fetched when needed."""

    def __init__(
        self,
        path: Path,
        warehouse: BigQueryWarehouse,
        memory_limit: str | None,
        outside: Callable[[DuckDBWarehouse], OutsideRows],
    ) -> None:
        super().__init__(path, memory_limit=memory_limit, tables=TABLES, outside=outside)
        self._warehouse = warehouse
        self._before: dict[tuple[str, Key], Fingerprint] = {}

    def copy_what_is_looked_up(self) -> None:
        """Bring what loads look up: files known, files scanned, persons who must stay away."""
        import pyarrow as pa

        for table, order in LOOKED_UP.items():
            batches = list(self._warehouse.read(table, self.columns(table)))
            if batches:
                with self.registered("fetched_rows", pa.Table.from_batches(batches)):
                    self.execute(
                        f"insert into {table} by name select * from fetched_rows order by {order}"
                    )

    def fetch_beside(self, table: str, file_name: str) -> None:
        day = PARTITIONED[table].day
        rows = self.rows(
            f"select distinct {day} as day from {table} where file_name = ?", [file_name]
        )
        self.fetch(table, [row["day"] for row in rows])

    def fetch_file(self, table: str, file_name: str) -> None:
        rows = self.rows(
            "select distinct partition_date from ops.file_partitions "
            "where table_name = ? and file_name = ?",
            [table, file_name],
        )
        self.fetch(table, [row["partition_date"] for row in rows])

    def fetch(self, table: str, keys: Sequence[Key]) -> None:
        """Bring these partitions here, once; rows that no ledger vouches for are left behind."""
        for key in keys:
            if (table, key) not in self._before:
                self._before[table, key] = self._bring(PARTITIONED[table], key)

    def changed(self, table: str) -> list[Key]:
        """Return the partitions whose content is not what BigQuery holds; they are whole by now."""
        day = PARTITIONED[table].day
        held = {row["day"] for row in self.rows(f"select distinct {day} as day from {table}")}
        self.fetch(table, sorted(held, key=str))
        touched = sorted((key for name, key in self._before if name == table), key=str)
        return [
            key
            for key in touched
            if self._fingerprint(table, PARTITIONED[table], key) != self._before[table, key]
        ]

    def write_partition(self, table: str, key: Key, parquet: Path) -> None:
        """Write one partition as Parquet; times as moments in UTC, as BigQuery's TIMESTAMP."""
        where = _condition(PARTITIONED[table], key)
        rows = f"select * from {table} where {where} order by file_name, row_number"
        self.write_parquet(rows, parquet)

    def write_parquet(self, query: str, parquet: Path) -> None:
        """Write the rows of a query."""
        moments = ", ".join(
            f"cast({name} as timestamptz) as {name}"
            for column in self.rows(f"describe {query}")
            if column["column_type"] == "TIMESTAMP" and (name := quote(column["column_name"]))
        )
        replaced = f" replace ({moments})" if moments else ""
        self.execute(
            f"copy (select *{replaced} from ({query})) to {literal(str(parquet))} (format parquet)"
        )

    def _bring(self, table: Table, key: Key) -> Fingerprint:
        import pyarrow as pa

        if not self._is_announced(table.name, key):
            return NOTHING
        self.execute(f"create or replace temp table fetched as from {table.name} limit 0")
        restriction = _condition(table, key)
        for batch in self._warehouse.read(table.name, self.columns(table.name), restriction):
            with self.registered("fetched_rows", pa.Table.from_batches([batch])):
                self.execute("insert into fetched by name select * from fetched_rows")
        if self.outside:
            self.outside.show(has_rows=True)
        self.execute(
            f"insert into {self.written(table.name)} by name select * from fetched where {VOUCHED}"
        )
        return self._fingerprint("fetched", table, key)

    def _is_announced(self, table: str, key: Key) -> bool:
        return bool(
            self.rows(
                "select 1 as one from ops.file_partitions "
                "where table_name = ? and partition_date is not distinct from ? limit 1",
                [table, key],
            )
        )

    def _fingerprint(self, relation: str, table: Table, key: Key) -> Fingerprint:
        [row] = self.rows(
            "select count(*) as row_count, coalesce(bit_xor(hash(held)), 0) as content "
            f"from {relation} as held where {_condition(table, key)}"
        )
        return row["row_count"], row["content"]

    def columns(self, table: str) -> list[str]:
        """Return the names of a table's columns."""
        return list(self.arrow_schema(f"select * from {table}").names)


@contextmanager
def opened_scratch(
    path: Path,
    warehouse: BigQueryWarehouse,
    memory_limit: str | None,
    outside: Callable[[DuckDBWarehouse], OutsideRows],
) -> Iterator[ScratchWarehouse]:
    """Open an empty scratch file and remove it at the end: it holds rows as they were sent."""
    _remove(path)
    scratch = ScratchWarehouse(path, warehouse, memory_limit, outside)
    try:
        scratch.apply_ddl()
        scratch.copy_what_is_looked_up()
        yield scratch
    finally:
        scratch.close()
        _remove(path)


def _remove(path: Path) -> None:
    """Remove a DuckDB file, its log and what lies beside it under its name."""
    for left in path.parent.glob(f"{path.name}*"):
        if left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def _condition(table: Table, key: Key) -> str:
    """Return the condition of a partition's rows; BigQuery's planner can prune by it."""
    if key is None:
        return f"{table.moment} is null"
    kind = "date" if table.name == "landing.ga4_events" else "timestamp"
    return f"{table.moment} >= {kind} '{key}' and {table.moment} < {kind} '{table.after(key)}'"
