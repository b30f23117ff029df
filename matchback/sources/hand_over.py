"""What a run landed on the dock goes to BigQuery: rows by partition, then its books at once."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from matchback.core.sql import literal
from matchback.sources.catalog import PARTITIONED
from matchback.warehouse.bigquery import BigQueryWarehouse, Partition
from matchback.warehouse.dock import Dock, Key

JOBS_AT_ONCE = 8
STAGED_HOURS = 6
LEDGER = "landing.load_ledger"
OF_LOADED_FILES = (
    "exists (select 1 from work.staged_load_ledger as loaded where loaded.error is null "
    "and loaded.source = {name}.source and loaded.file_name = {name}.file_name)"
)


@dataclass(frozen=True)
class Book:
    """A table beside the rows: which of the dock's rows are this run's, and which they replace."""

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


BOOKS = (
    # A source that was copied inside BigQuery has written its own rows by now.
    Book(
        LEDGER,
        "run_id = $run_id",
        "run_id = $run_id and source in (select source from work.staged_load_ledger)",
    ),
    Book("quarantine.rejected_rows", "run_id = $run_id", OF_LOADED_FILES),
    Book("landing.observed_columns", "run_id = $run_id", OF_LOADED_FILES),
    Book(
        "landing.pii_hits",
        "run_id = $run_id",
        "file_name in (select file_name from work.staged_pii_scans)",
    ),
    Book(
        "landing.pii_scans",
        "run_id = $run_id",
        "file_name in (select file_name from work.staged_pii_scans)",
    ),
    Book(
        "ops.digest_keys",
        "true",
        "purpose in (select purpose from work.staged_digest_keys)",
    ),
)


def books_script(books: Sequence[Book], columns: Mapping[str, Sequence[str]], run_id: str) -> str:
    """Return the script that replaces the books' rows, the ledger's last; twice is like once."""
    statements = ["begin transaction"]
    for book in reversed(books):
        listed = ", ".join(columns[book.table])
        statements += [
            f"delete from {book.table} where {book.replaced.format(name=book.name)}",
            f"insert into {book.table} ({listed}) select {listed} from {book.staged}",
        ]
    statements.append("commit transaction")
    return ";\n".join(statements).replace("$run_id", literal(run_id)) + ";"


def _undated(table: str) -> Book:
    """Return the rows of a table that lie in no partition, which no load job replaces."""
    condition = f"{PARTITIONED[table].moment} is null"
    return Book(table, condition, condition)


def hand_over(dock: Dock, warehouse: BigQueryWarehouse, run_id: str) -> None:
    """Replace the partitions that changed, then write ledger, quarantine and scans.

    A run that ends in between leaves rows without a ledger row: the next one lands the files again
    and replaces the same partitions. Nothing is loaded twice.
    """
    changed = {table: keys for table in PARTITIONED if (keys := dock.changed(table))}
    if not changed and not _has_loaded(dock, run_id):
        return
    with TemporaryDirectory(prefix="matchback-", dir=dock.path.parent) as folder:
        loads = _Loads(dock, warehouse, run_id, Path(folder))
        loads.announce(changed)
        loads.replace_partitions(changed)
        loads.write_books([table for table, keys in changed.items() if None in keys])


@dataclass(frozen=True)
class _Loads:
    """The load jobs of one hand-over."""

    dock: Dock
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
            (self._partition(table, key), self._written(table, key))
            for table, keys in changed.items()
            for key in keys
            if key is not None
        ]
        with ThreadPoolExecutor(JOBS_AT_ONCE) as pool:
            for _ in pool.map(lambda item: self.warehouse.load_parquet(*item, self.run_id), files):
                pass

    def write_books(self, undated: Sequence[str]) -> None:
        """Write what belongs together in one transaction; rows without a date go with it."""
        books = [*BOOKS, *(_undated(table) for table in undated)]
        with self._staged(books):
            columns = {book.table: self.dock.columns(book.table) for book in books}
            self.warehouse.execute(books_script(books, columns, self.run_id))

    @contextmanager
    def _staged(self, books: Sequence[Book]) -> Iterator[None]:
        try:
            for book in books:
                self.warehouse.create_passing(book.staged, book.table, STAGED_HOURS)
                rows = book.rows.replace("$run_id", literal(self.run_id))
                self._load(Partition(book.staged), f"select * from {book.table} where {rows}")
            yield
        finally:
            for book in books:
                self.warehouse.drop(book.staged)

    def _load(self, partition: Partition, query: str, *, appends: bool = False) -> None:
        parquet = self.folder / f"{partition.table}.parquet"
        self.dock.write_parquet(query, parquet)
        self.warehouse.load_parquet(partition, parquet, self.run_id, appends=appends)

    def _written(self, table: str, key: Key) -> Path:
        parquet = self.folder / f"{table}.{key}.parquet"
        self.dock.write_partition(table, key, parquet)
        return parquet

    def _partition(self, table: str, key: Key) -> Partition:
        return Partition(table, key, PARTITIONED[table].unit)


def _has_loaded(dock: Dock, run_id: str) -> bool:
    return bool(dock.rows(f"select 1 as one from {LEDGER} where run_id = ? limit 1", [run_id]))
