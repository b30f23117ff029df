"""What a run landed in the scratch file goes to BigQuery: rows by partition, then the rest."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from matchback.core.sql import literal
from matchback.loading.scratch import Key, ScratchWarehouse
from matchback.sources.catalog import PARTITIONED
from matchback.warehouse.bigquery import BigQueryWarehouse, Partition

JOBS_AT_ONCE = 8
STAGED_HOURS = 6
LEDGER = "landing.load_ledger"
OF_LOADED_FILES = (
    "exists (select 1 from work.staged_load_ledger as loaded where loaded.error is null "
    "and loaded.source = {name}.source and loaded.file_name = {name}.file_name)"
)


@dataclass(frozen=True)
class SideTable:
    """A table beside the rows: which of its rows here are this run's, and which they replace."""

    table: str
    rows: str
    replaced: str

    @property
    def name(self) -> str:
        """The table without its schema."""
        return self.table.partition(".")[2]

    @property
    def staged(self) -> str:
        """Where its rows wait for the transaction."""
        return f"work.staged_{self.name}"


SIDE_TABLES = (
    # A source that was copied inside BigQuery has written its own rows by now.
    SideTable(
        LEDGER,
        "run_id = $run_id",
        "run_id = $run_id and source in (select source from work.staged_load_ledger)",
    ),
    SideTable("quarantine.rejected_rows", "run_id = $run_id", OF_LOADED_FILES),
    SideTable("landing.observed_columns", "run_id = $run_id", OF_LOADED_FILES),
    SideTable(
        "landing.pii_hits",
        "run_id = $run_id",
        "file_name in (select file_name from work.staged_pii_scans)",
    ),
    SideTable(
        "landing.pii_scans",
        "run_id = $run_id",
        "file_name in (select file_name from work.staged_pii_scans)",
    ),
    SideTable(
        "ops.digest_keys",
        "true",
        "purpose in (select purpose from work.staged_digest_keys)",
    ),
)


def side_tables_script(
    side_tables: Sequence[SideTable], columns: Mapping[str, Sequence[str]], run_id: str
) -> str:
    """Return the script that replaces the tables' rows, the ledger's last; twice is like once."""
    statements = ["begin transaction"]
    for side in reversed(side_tables):
        listed = ", ".join(columns[side.table])
        statements += [
            f"delete from {side.table} where {side.replaced.format(name=side.name)}",
            f"insert into {side.table} ({listed}) select {listed} from {side.staged}",
        ]
    statements.append("commit transaction")
    return ";\n".join(statements).replace("$run_id", literal(run_id)) + ";"


def undated_rows(table: str) -> SideTable:
    """Return the rows of a table that lie in no partition, which no load job replaces."""
    condition = f"{PARTITIONED[table].moment} is null"
    return SideTable(table, condition, condition)


def hand_over(scratch: ScratchWarehouse, warehouse: BigQueryWarehouse, run_id: str) -> None:
    """Replace the partitions that changed, then write ledger, quarantine and scans.

    A run that ends in between leaves rows without a ledger row: the next one lands the files again
    and replaces the same partitions. Nothing is loaded twice.
    """
    changed = {table: keys for table in PARTITIONED if (keys := scratch.changed(table))}
    if not changed and not _has_loaded(scratch, run_id):
        return
    with TemporaryDirectory(prefix="matchback-", dir=scratch.path.parent) as folder:
        loads = _Loads(scratch, warehouse, run_id, Path(folder))
        loads.announce(changed)
        loads.replace_partitions(changed)
        loads.write_side_tables([table for table, keys in changed.items() if None in keys])


@dataclass(frozen=True)
class _Loads:
    """The load jobs of one hand-over."""

    scratch: ScratchWarehouse
    warehouse: BigQueryWarehouse
    run_id: str
    folder: Path

    def announce(self, changed: dict[str, list[Key]]) -> None:
        """Say which files' rows go where before they go, so that a cut-off load is found."""
        rows = " union all ".join(
            f"select distinct file_name, {literal(table)} as table_name, "
            f"{PARTITIONED[table].day} as partition_date, {literal(self.run_id)} as run_id "
            f"from {table} where run_id = {literal(self.run_id)}"
            for table in changed
        )
        if rows:
            self._load(Partition("ops.file_partitions"), rows, appends=True)

    def replace_partitions(self, changed: dict[str, list[Key]]) -> None:
        """Send one job a partition; the Parquet files are written one after the other."""
        files = [
            (Partition(table, key, PARTITIONED[table].unit), self._written(table, key))
            for table, keys in changed.items()
            for key in keys
            if key is not None
        ]
        with ThreadPoolExecutor(JOBS_AT_ONCE) as pool:
            for job in [pool.submit(self._send, *file) for file in files]:
                job.result()

    def write_side_tables(self, undated: Sequence[str]) -> None:
        """Write what belongs together in one transaction; rows without a date go with it."""
        side_tables = [*SIDE_TABLES, *(undated_rows(table) for table in undated)]
        with self._staged(side_tables):
            columns = {side.table: self.scratch.columns(side.table) for side in side_tables}
            self.warehouse.execute(side_tables_script(side_tables, columns, self.run_id))

    @contextmanager
    def _staged(self, side_tables: Sequence[SideTable]) -> Iterator[None]:
        try:
            for side in side_tables:
                self.warehouse.create_passing(side.staged, side.table, STAGED_HOURS)
                rows = side.rows.replace("$run_id", literal(self.run_id))
                self._load(Partition(side.staged), f"select * from {side.table} where {rows}")
            yield
        finally:
            for side in side_tables:
                self.warehouse.drop(side.staged)

    def _send(self, partition: Partition, parquet: Path) -> None:
        self.warehouse.load_parquet(partition, parquet, self.run_id)

    def _load(self, partition: Partition, query: str, *, appends: bool = False) -> None:
        parquet = self.folder / f"{partition.table}.parquet"
        self.scratch.write_parquet(query, parquet)
        self.warehouse.load_parquet(partition, parquet, self.run_id, appends=appends)

    def _written(self, table: str, key: Key) -> Path:
        parquet = self.folder / f"{table}.{key}.parquet"
        self.scratch.write_partition(table, key, parquet)
        return parquet


def _has_loaded(scratch: ScratchWarehouse, run_id: str) -> bool:
    return bool(scratch.rows(f"select 1 as one from {LEDGER} where run_id = ? limit 1", [run_id]))
