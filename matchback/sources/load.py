"""Loads every configured source."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from matchback.config import BigQueryWarehouseConfig, Config
from matchback.core.clock import Clock
from matchback.core.window import Window
from matchback.sources.kit.landing_rows import Attempt, at_once
from matchback.warehouse.base import Warehouse
from matchback.warehouse.duckdb import DuckDBWarehouse


def load_sources(
    config: Config,
    warehouse: Warehouse,
    run_id: str,
    clock: Clock,
    window: Window,
    attempt: Attempt = at_once,
) -> list[dict[str, Any]]:
    """Load what is new or changed, erased persons left out; one summary per source.

    SourceError names a source that cannot be read at all.
    """
    if isinstance(config.warehouse, BigQueryWarehouseConfig):
        from matchback.sources.load_through_dock import load_through_dock

        summaries = load_through_dock(config, warehouse, run_id, clock, window, attempt)
    else:
        summaries = load_into(config, warehouse, run_id, clock, window, attempt)
    from matchback.sources.meta_quality.load import load_meta_quality

    quality = load_meta_quality(warehouse, config, run_id, clock)
    if config.sources.meta_quality:
        summaries.append({"source": "meta_quality", **asdict(quality)})
    return summaries


def load_into(
    config: Config,
    warehouse: DuckDBWarehouse,
    run_id: str,
    clock: Clock,
    window: Window,
    attempt: Attempt = at_once,
    *,
    but: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Load files and other sources of rows, but not those named, into a DuckDB warehouse."""
    from matchback.privacy.erase import suppress_loaded
    from matchback.sources.consent.load import load_consent
    from matchback.sources.crm.load import load_crm
    from matchback.sources.ga4.load import load_ga4
    from matchback.sources.logs.load import load_capi

    loads = {
        "ga4": (config.sources.ga4, load_ga4),
        "capi": (config.sources.capi, load_capi),
        "crm": (config.sources.crm, load_crm),
        "consent": (config.sources.consent, load_consent),
    }
    summaries = [
        asdict(load(config, warehouse, run_id, clock, window, attempt=attempt))
        for name, (source, load) in loads.items()
        if source and name not in but
    ]
    suppress_loaded(warehouse, config, run_id)
    return summaries
