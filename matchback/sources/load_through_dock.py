"""Loads for BigQuery: rows are read, redacted, hashed and scanned in DuckDB, then handed over."""

from dataclasses import asdict
from typing import Any

from matchback.config import Config, Ga4BigQueryConfig
from matchback.core.clock import Clock
from matchback.core.window import Window
from matchback.pii import DETECTOR_VERSION
from matchback.privacy.scan import scan_configured
from matchback.sources.hand_over import hand_over
from matchback.sources.kit.landing_rows import Attempt, at_once
from matchback.warehouse.bigquery import BigQueryWarehouse
from matchback.warehouse.dock import Dock, opened_dock

COPIED = ("ga4",)
DOCK_FILE = "dock.duckdb"


def load_through_dock(
    config: Config,
    warehouse: BigQueryWarehouse,
    run_id: str,
    clock: Clock,
    window: Window,
    attempt: Attempt = at_once,
) -> list[dict[str, Any]]:
    """Load what is new or changed of every source; one summary per source."""
    from matchback.sources.load import load_into

    path = config.state_folder / DOCK_FILE
    with opened_dock(path, warehouse, config.warehouse.memory_limit) as dock:
        copied = _copy_export(config, warehouse, dock, run_id, clock, window)
        landed = load_into(
            config, dock, run_id, clock, window, attempt, but=COPIED if copied else ()
        )
        _scan_landed(dock, config, run_id)
        hand_over(dock, warehouse, run_id)
    return copied + landed


def _copy_export(
    config: Config,
    warehouse: BigQueryWarehouse,
    dock: Dock,
    run_id: str,
    clock: Clock,
    window: Window,
) -> list[dict[str, Any]]:
    """Copy a GA4 export inside BigQuery: its rows need no other engine."""
    if not isinstance(config.sources.ga4, Ga4BigQueryConfig):
        return []
    from matchback.privacy.erase import suppress_loaded
    from matchback.sources.ga4.copy import copy_ga4

    summary = copy_ga4(config, warehouse, dock, run_id, clock, window)
    suppress_loaded(warehouse, config, run_id)
    return [asdict(summary)]


def _scan_landed(dock: Dock, config: Config, run_id: str) -> None:
    """Scan the files whose rows are on the dock; a new detector looks at older rows in BigQuery."""
    rows = dock.rows(
        "select distinct file_name from landing.load_ledger "
        "where run_id = ? and error is null and (source, file_name, digest) not in "
        "(select (source, file_name, digest) from landing.pii_scans where detector_version = ?)",
        [run_id, DETECTOR_VERSION],
    )
    if rows:
        scan_configured(dock, config, run_id, [row["file_name"] for row in rows])
