"""Re-load what was quarantined or refused, after a fix of the data, the config or the parser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import cast

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import ConfigError
from matchback.opening import open_for_change
from matchback.privacy.suppression import suppress_loaded
from matchback.sources.kit.file_loader import FileLoader
from matchback.sources.kit.files import LONGEST_QUARANTINED, FoundFile
from matchback.sources.kit.landing_rows import (
    QUARANTINE,
    Attempt,
    LoadContext,
    at_once,
    write_ledger,
)
from matchback.sources.kit.ledger import FileState, LoadCounts
from matchback.sources.kit.load_file import context_of, file_states, load_file
from matchback.sources.registry import SOURCES
from matchback.warehouse.base import Row, first
from matchback.warehouse.duckdb import DuckDBWarehouse


@dataclass(frozen=True)
class ReplaySummary:
    """What a replay brought back, and what still waits."""

    rows_replayed: int
    files_reloaded: int
    rows_left: int


@contextmanager
def opened_for_replay(config: Config) -> Iterator[DuckDBWarehouse]:
    """Open the warehouse that keeps quarantined texts; ConfigError where none are kept."""
    if config.warehouse.engine != "duckdb":
        raise ConfigError(
            "replay loads quarantined rows into DuckDB only; on BigQuery correct the file, "
            "the next run reads it again."
        )
    with open_for_change(config, "replay") as warehouse:
        yield cast(DuckDBWarehouse, warehouse)


def replay_quarantine(
    config: Config,
    warehouse: DuckDBWarehouse,
    run_id: str,
    clock: Clock,
    attempt: Attempt = at_once,
) -> ReplaySummary:
    """Re-load troubled files that can be read again, and quarantined rows by their stored text.

    A row lands once and leaves quarantine in the same transaction; its file's ledger gets a new
    row, so read = loaded + quarantined + duplicate holds on. CRM rows have no text: their file is
    read again.
    """
    context = context_of(warehouse, run_id, clock, attempt)
    rows_replayed = files_reloaded = 0
    configured = [source for source in SOURCES if source.is_configured(config)]
    for loader, files in chain.from_iterable(source.files(config) for source in configured):
        states = file_states(warehouse, loader.source)
        present = {file.name: file for file in files}
        for name in _troubled(warehouse, loader, states):
            file = present.get(name)
            if file is not None and _has_been_reloaded(loader, context, file, states):
                files_reloaded += 1
                continue
            if states[name].error is None:
                rows_replayed += _replay_rows(loader, context, name, file)
    suppress_loaded(warehouse, config, run_id)
    left = warehouse.rows(f"select count(*) as row_count from {QUARANTINE}")[0]["row_count"]
    return ReplaySummary(rows_replayed, files_reloaded, left)


def _troubled(
    warehouse: DuckDBWarehouse, loader: FileLoader, states: dict[str, FileState]
) -> list[str]:
    """Return the files of a loader that were refused or have rows in quarantine."""
    quarantined = warehouse.rows(
        f"select distinct file_name from {QUARANTINE} where source = ?", [loader.source]
    )
    names = {row["file_name"] for row in quarantined}
    names |= {name for name, state in states.items() if state.error is not None}
    return sorted(
        name
        for name in names
        if name in states and loader.only_format in (None, states[name].group[0])
    )


def _has_been_reloaded(
    loader: FileLoader, context: LoadContext, file: FoundFile, states: dict[str, FileState]
) -> bool:
    must_read_again = states[file.name].error is not None or loader.source == "crm"
    outcome = load_file(loader, context, file, states, is_forced=must_read_again)
    return outcome.decision != "skip" and outcome.error is None


def _replay_rows(
    loader: FileLoader, context: LoadContext, name: str, present: FoundFile | None
) -> int:
    warehouse = context.warehouse
    ledger = first(
        warehouse.rows(
            "select * from landing.load_ledger where source = ? and file_name = ? "
            "and error is null order by rowid desc limit 1",
            [loader.source, name],
        )
    )
    if ledger is None:
        return 0
    waiting = warehouse.rows(
        f"select row_number, raw from {QUARANTINE} "
        "where source = ? and file_name = ? and raw is not null and length(raw) < ?",
        [loader.source, name, LONGEST_QUARANTINED],
    )
    texts = {row["row_number"]: row["raw"] for row in waiting}
    file = present or _file_of_ledger(ledger)
    with warehouse.transaction():
        landed = loader.replay(context, file, texts)
        if not landed:
            return 0
        warehouse.execute(
            f"delete from {QUARANTINE} where source = ? and file_name = ? "
            "and list_contains(?, row_number)",
            [loader.source, name, sorted(landed)],
        )
        counts = LoadCounts(
            ledger["rows_read"],
            ledger["rows_quarantined"] - len(landed),
            ledger["rows_duplicate"],
            notes=tuple(ledger["notes"] or ()),
            rows_suppressed=ledger["rows_suppressed"] or 0,
        )
        file = replace(file, size=ledger["file_size"], modified_at=ledger["modified_at"])
        write_ledger(context, loader.source, file, ledger["digest"], counts)
    return len(landed)


def _file_of_ledger(ledger: Row) -> FoundFile:
    """Return a file that is no longer there, as the ledger remembers it."""
    source_format = ledger["source_format"]
    kind = source_format.removeprefix("ga4_") if ledger["source"] == "ga4" else None
    return FoundFile(
        path=Path(ledger["file_name"]),
        name=ledger["file_name"],
        source_format=source_format,
        data_date=ledger["data_date"],
        export_kind=kind,
    )
