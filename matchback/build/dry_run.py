"""What a run would load and scan, and what that costs; nothing is loaded, built or written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast

from matchback.config import BigQueryWarehouseConfig, Config
from matchback.core.clock import Clock
from matchback.core.errors import ExitCode, TableMissingError
from matchback.core.window import Window
from matchback.opening import has_warehouse, open_warehouse
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.ledger import NEWEST_LOADS
from matchback.warehouse.base import Warehouse, fetch

if TYPE_CHECKING:
    from matchback.warehouse.bigquery import BigQueryWarehouse

TIB = 2**40
NO_INPUT = "its inputs are not there before the first build"


@dataclass(frozen=True)
class SourceLoad:
    """The files of one source that are new, or changed by size or time; dates where known."""

    source: str
    files: int
    bytes: int
    first_date: date | None
    last_date: date | None


@dataclass(frozen=True)
class KnownFile:
    """A file of the newest loads, as it was then."""

    source: str
    file_name: str
    file_size: int | None
    modified_at: datetime | None


@dataclass(frozen=True)
class Scan:
    """What one statement would scan; bytes are None where it cannot be told, with the reason."""

    name: str
    bytes: int | None
    reason: str = ""


@dataclass(frozen=True)
class DryRun:
    """The answer of `matchback run --dry-run`; the price is in US dollars, free quota apart."""

    engine: str
    window: Window
    loads: list[SourceLoad]
    scans: list[Scan]
    price_per_tib: float = 0.0
    maximum_bytes: int | None = None

    @property
    def bytes(self) -> int:
        """What is known to be scanned."""
        return sum(scan.bytes or 0 for scan in self.scans)

    @property
    def price(self) -> float:
        """The list price of it."""
        return self.bytes / TIB * self.price_per_tib

    @property
    def untold(self) -> list[Scan]:
        """The statements whose bytes cannot be told."""
        return [scan for scan in self.scans if scan.bytes is None]

    @property
    def above_cap(self) -> list[Scan]:
        """The statements that BigQuery would refuse under the cap."""
        cap = self.maximum_bytes
        return [scan for scan in self.scans if cap is not None and (scan.bytes or 0) > cap]

    @property
    def refusal(self) -> str:
        """Why the run itself would be refused; empty when it would not."""
        if not self.above_cap:
            return ""
        worst = max(self.above_cap, key=lambda scan: scan.bytes or 0)
        return (
            f"{worst.name} would scan {worst.bytes:,} bytes, more than "
            f"warehouse.maximum_bytes_billed ({self.maximum_bytes:,} bytes) allows; raise the cap "
            "or shorten the window."
        )

    @property
    def exit_code(self) -> ExitCode:
        """A plan above the cap is no usable one."""
        return ExitCode.BAD_USAGE if self.above_cap else ExitCode.HEALTHY

    def as_json(self) -> dict[str, Any]:
        """Return the one object of `matchback run --dry-run --json`."""
        return {
            "status": "dry_run",
            "exit_code": int(self.exit_code),
            "message": self.refusal,
            "engine": self.engine,
            "window": {"start": self.window.start, "end": self.window.end},
            "loads": [vars(load) for load in self.loads],
            "models": [
                {"name": scan.name, "bytes": scan.bytes, "reason": scan.reason}
                for scan in self.scans
            ],
            "bytes": self.bytes,
            "models_untold": len(self.untold),
            "price_per_tib": self.price_per_tib,
            "price": round(self.price, 6),
            "maximum_bytes": self.maximum_bytes,
            "above_cap": [scan.name for scan in self.above_cap],
        }


def dry_run(
    config: Config,
    window: Window,
    clock: Clock,
    environment: Mapping[str, str],
    *,
    full_refresh: bool = False,
) -> DryRun:
    """Look at the files, and on BigQuery ask the service what each model would scan."""
    found = _files_by_source(config)
    if not has_warehouse(config):
        loads = [_load(source, files) for source, files in found.items()]
        return DryRun(config.warehouse.engine, window, loads, [])
    with open_warehouse(config, read_only=True) as warehouse:
        known = _known_files(warehouse)
        loads = [
            _load(
                source, (file for file in files if _state(file) != known.get((source, file.name)))
            )
            for source, files in found.items()
        ]
        if not isinstance(config.warehouse, BigQueryWarehouseConfig):
            return DryRun("duckdb", window, loads, [])
        service = cast("BigQueryWarehouse", warehouse)
        scans = list(_scans(config, service, window, clock, environment, full_refresh))
    return DryRun(
        "bigquery",
        window,
        loads,
        scans,
        config.warehouse.price_per_tib,
        config.warehouse.maximum_bytes,
    )


def _files_by_source(config: Config) -> dict[str, list[FoundFile]]:
    """Return the files that each source's paths name now; SourceError when there is none."""
    from matchback.sources.registry import SOURCES

    found = {
        source.name: [file for _, files in source.files(config) for file in files]
        for source in SOURCES
        if source.is_configured(config)
    }
    # The rows of a database have no time.
    return {name: files for name, files in found.items() if files and files[0].modified_at}


def _load(source: str, files: Iterable[FoundFile]) -> SourceLoad:
    chosen = list(files)
    dates = [file.data_date for file in chosen if file.data_date]
    return SourceLoad(
        source,
        len(chosen),
        sum(file.size for file in chosen),
        min(dates, default=None),
        max(dates, default=None),
    )


def _known_files(warehouse: Warehouse) -> dict[tuple[str, str], tuple[object, object]]:
    try:
        known = fetch(
            warehouse,
            KnownFile,
            f"select source, file_name, file_size, modified_at from {NEWEST_LOADS} as loads",
        )
    except TableMissingError:
        return {}
    return {(file.source, file.file_name): (file.file_size, file.modified_at) for file in known}


def _state(file: FoundFile) -> tuple[object, object]:
    return file.size, file.modified_at


def _scans(
    config: Config,
    warehouse: "BigQueryWarehouse",
    window: Window,
    clock: Clock,
    environment: Mapping[str, str],
    full_refresh: bool,
) -> Iterator[Scan]:
    """Ask the service about each statement; what reads a table to come has no answer yet."""
    from matchback.build.dbt import DbtProcess
    from matchback.build.run_settings import run_settings

    try:
        settings = run_settings(
            config, warehouse, window, "dry-run", clock, full_refresh=full_refresh
        )
    except TableMissingError:
        yield Scan("models", None, NO_INPUT)
        return
    with DbtProcess(config, environment) as dbt:
        compiled = dbt.compile(settings, full_refresh=full_refresh)
    for name, sql in compiled.items():
        try:
            yield Scan(name, warehouse.scanned_bytes(sql))
        except TableMissingError:
            yield Scan(name, None, NO_INPUT)
