"""Rows into landing and quarantine: Arrow batches, counted, inside the caller's transaction."""

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from matchback.core.clock import Clock
from matchback.core.redaction import redact
from matchback.core.sql import quote
from matchback.sources.kit.dates import AHEAD
from matchback.sources.kit.files import LONGEST_QUARANTINED, FoundFile
from matchback.sources.kit.ledger import FileOutcome, LoadCounts
from matchback.warehouse.duckdb import DuckDBWarehouse

BATCH = 20_000
BOOKKEEPING = ("file_name", "row_number", "run_id")
NOT_IDENTITY = frozenset({*BOOKKEEPING, "secret_fields", "configured_dataset_id", "quarantined_at"})
QUARANTINE = "quarantine.rejected_rows"


# How the load of one file is tried: a caller may follow it, and try again.
Attempt = Callable[[Callable[[], FileOutcome]], FileOutcome]


def at_once(load: Callable[[], FileOutcome]) -> FileOutcome:
    """Load a file, once."""
    return load()


@dataclass(frozen=True)
class LoadContext:
    """What every load of one run shares."""

    warehouse: DuckDBWarehouse
    run_id: str
    clock: Clock
    attempt: Attempt = at_once

    @property
    def naive_now(self) -> datetime:
        """The run's present as the warehouse writes it."""
        return self.clock.now.replace(tzinfo=None)

    @property
    def latest_moment(self) -> datetime:
        """The latest moment that an order or a reached stage may have, naive UTC."""
        return self.clock.furthest.replace(tzinfo=None) + AHEAD


@dataclass
class Quarantine:
    """Collects the rejected rows of one file; rows of contact sources have no raw text."""

    context: LoadContext
    source: str
    file: FoundFile
    has_raw: bool = True
    count: int = 0
    _rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, number: int, reason: str, raw: bytes) -> None:
        """Reject one row."""
        self.count += 1
        self._rows.append(
            {
                "source": self.source,
                "source_format": self.file.source_format,
                "file_name": self.file.name,
                "row_number": number,
                "reason": reason,
                "raw": readable(raw) if self.has_raw else None,
                "digest": hashlib.sha256(raw).hexdigest(),
                "run_id": self.context.run_id,
                "quarantined_at": self.context.naive_now,
            }
        )
        if len(self._rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        append(self.context.warehouse, QUARANTINE, self._rows)
        self._rows = []


@dataclass
class LandingTable:
    """Collects the parsed rows of one file for one landing table."""

    context: LoadContext
    table: str
    file: FoundFile
    moment: str = ""
    count: int = 0
    first_moment: datetime | None = None
    last_moment: datetime | None = None
    has_undated: bool = False
    _rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, number: int, row: dict[str, Any]) -> None:
        """Take one row."""
        self.count += 1
        if self.moment:
            self._widen(row[self.moment])
        row["file_name"] = self.file.name
        row["row_number"] = number
        row["run_id"] = self.context.run_id
        self._rows.append(row)
        if len(self._rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Write what was collected."""
        append(self.context.warehouse, self.table, self._rows)
        self._rows = []

    def _widen(self, moment: datetime | None) -> None:
        if moment is None:
            self.has_undated = True
            return
        if self.first_moment is None or moment < self.first_moment:
            self.first_moment = moment
        if self.last_moment is None or moment > self.last_moment:
            self.last_moment = moment


@contextmanager
def collecting_rows() -> Iterator[None]:
    """Pause the cycle collector: rows hold no cycles and are costly to walk."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def append(warehouse: DuckDBWarehouse, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, typed as the table is; keys that are missing become null."""
    if not rows:
        return
    schema = warehouse.arrow_schema(f"select * from {table}")
    columns = [
        pa.array([row.get(column.name) for row in rows], column.type, from_pandas=False)
        for column in schema
    ]
    with warehouse.registered("incoming_rows", pa.table(columns, schema=schema)):
        warehouse.execute(f"insert into {table} by name select * from incoming_rows")


def forget_file(warehouse: DuckDBWarehouse, source: str, file_name: str) -> None:
    """Delete what earlier loads of a file left beside landing; part of the same transaction."""
    for table in (QUARANTINE, "landing.observed_columns"):
        warehouse.execute(
            f"delete from {table} where source = ? and file_name = ?", [source, file_name]
        )


def drop_doubled_rows(rows: LandingTable, moment: str) -> int:
    """Delete rows of a file that it or another file has brought already; return how many.

    Only rows of the same moments are compared, so the cost does not grow with history.
    """
    warehouse, table = rows.context.warehouse, rows.table
    warehouse.fetch_beside(table, rows.file.name)
    identity = ", ".join(
        quote(name)
        for name in warehouse.arrow_schema(f"select * from {table}").names
        if name not in NOT_IDENTITY
    )
    around = f"({moment} between $first and $last or ($has_undated and {moment} is null))"
    mine = f"{around} and file_name = $file_name"
    parameters = {
        "file_name": rows.file.name,
        "first": rows.first_moment,
        "last": rows.last_moment,
        "has_undated": rows.has_undated,
    }
    hashed = f"select row_number, {moment} as moment, hash({identity}) as identity from {table}"
    doubled = warehouse.rows(_doubled_in_the_file(hashed, mine, moment, table), parameters)
    of_others = f"{around} and file_name <> $file_name"
    if warehouse.rows(f"select 1 as one from {table} where {of_others} limit 1", parameters):
        doubled += warehouse.rows(_doubled_elsewhere(hashed, mine, of_others), parameters)
    numbers = {row["row_number"] for row in doubled}
    if numbers:
        delete_rows(rows.context, table, mine, parameters, numbers)
    return len(numbers)


def _doubled_in_the_file(hashed: str, mine: str, moment: str, table: str) -> str:
    """Name every row but the first of equal ones; whole rows are read of shared moments only."""
    return f"""
        with shared as (
            select coalesce({moment}, timestamp '-infinity') as moment from {table}
            where {mine} group by all having count(*) > 1
        ),
        mine as (
            {hashed} where {mine}
                and coalesce({moment}, timestamp '-infinity') in (select moment from shared)
        )
        select row_number from mine
        qualify row_number() over (partition by moment, identity order by row_number) > 1
    """


def _doubled_elsewhere(hashed: str, mine: str, of_others: str) -> str:
    """Name every row that equals one of another file."""
    return f"""
        with mine as ({hashed} where {mine}),
        others as ({hashed} where {of_others})
        select row_number from mine
        where exists (
            select 1 from others
            where mine.identity = others.identity
                and mine.moment is not distinct from others.moment
        )
    """


def delete_rows(
    context: LoadContext,
    table: str,
    of_file: str,
    parameters: dict[str, Any],
    numbers: Iterable[int],
) -> None:
    """Delete rows of one file by their numbers."""
    doomed = pa.table({"row_number": list(numbers)})
    with context.warehouse.registered("doomed_rows", doomed):
        context.warehouse.execute(
            f"delete from {table} where {of_file} "
            "and row_number in (select row_number from doomed_rows)",
            parameters,
        )


def write_ledger(
    context: LoadContext,
    source: str,
    file: FoundFile,
    digest: str | None,
    counts: LoadCounts,
    error: str | None = None,
) -> None:
    """Append the ledger row of one load."""
    append(
        context.warehouse,
        "landing.load_ledger",
        [
            {
                "file_name": file.name,
                "digest": digest,
                "rows_read": counts.rows_read,
                "rows_loaded": counts.rows_loaded,
                "rows_quarantined": counts.rows_quarantined,
                "rows_duplicate": counts.rows_duplicate,
                "rows_suppressed": counts.rows_suppressed,
                "run_id": context.run_id,
                "loaded_at": context.naive_now,
                "source": source,
                "source_format": file.source_format,
                "data_date": file.data_date,
                "file_size": file.size,
                "modified_at": file.modified_at,
                "error": error,
                "notes": list(counts.notes),
            }
        ],
    )


def write_observed_columns(
    context: LoadContext, source: str, file: FoundFile, paths: Sequence[tuple[str, str]]
) -> None:
    """Record what columns and nested paths a file really held."""
    append(
        context.warehouse,
        "landing.observed_columns",
        [
            {
                "source": source,
                "file_name": file.name,
                "data_date": file.data_date,
                "export_kind": file.export_kind,
                "path": path,
                "type": kind,
                "run_id": context.run_id,
            }
            for path, kind in paths
        ],
    )


def readable(raw: bytes) -> str:
    """Return quarantined text: cut, decoded as far as it goes, without secrets."""
    return redact(raw[:LONGEST_QUARANTINED].decode("utf-8", errors="backslashreplace"))
