"""Loads every configured source, on both engines the same way."""

from dataclasses import asdict
from typing import Any

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import SourceError
from matchback.core.window import Window
from matchback.loading.landing_place import landing_place
from matchback.privacy.suppression import require_key, suppress_loaded
from matchback.sources.kit.landing_rows import Attempt, LoadContext, at_once
from matchback.sources.kit.ledger import LoadSummary
from matchback.sources.kit.load_file import (
    context_of,
    file_states,
    load_files,
    refuse_empty_patterns,
)
from matchback.sources.kit.source import Source
from matchback.sources.meta_quality.load import load_meta_quality
from matchback.sources.registry import SOURCES
from matchback.warehouse.base import Warehouse


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
    summaries: list[dict[str, Any]] = []
    require_key(warehouse, config)
    with landing_place(config, warehouse, run_id) as place:
        context = context_of(place, run_id, clock, attempt)
        for source in SOURCES:
            if source.is_configured(config):
                summary = load_source(source, config, warehouse, context, window)
                summaries.append(asdict(summary))
    _refuse_nothing(warehouse)
    quality = load_meta_quality(warehouse, config, run_id, clock)
    if config.sources.meta_quality:
        summaries.append({"source": "meta_quality", **asdict(quality)})
    return summaries


def _refuse_nothing(warehouse: Warehouse) -> None:
    """Raise SourceError when no source holds a row: there is nothing to grade."""
    if warehouse.rows("select 1 as one from landing.load_ledger where rows_loaded > 0 limit 1"):
        return
    causes = warehouse.rows(
        "select file_name, error, rows_quarantined from landing.load_ledger "
        "where error is not null or rows_quarantined > 0 "
        "order by loaded_at desc, file_name limit 1"
    )
    cause = "every file is empty"
    if causes:
        first = causes[0]
        why = first["error"] or f"has {first['rows_quarantined']} rows in quarantine"
        cause = f"{first['file_name']} {why}"
    raise SourceError(f"No source holds a row: {cause}. Correct it, then run again.")


def load_source(
    source: Source,
    config: Config,
    warehouse: Warehouse,
    context: LoadContext,
    window: Window,
) -> LoadSummary:
    """Load what is new or changed of one source; SourceError when a path matches no file."""
    summary = source.load_inside(config, warehouse, context, window)
    if summary is not None:
        suppress_loaded(warehouse, config, context.run_id)
        return summary
    found = [*source.files(config), *source.tables(config, window)]
    patterns = {
        key: pattern
        for key, pattern, _ in config.source_paths()
        if key.startswith(f"sources.{source.name}")
    }
    states = file_states(context.warehouse, source.name)
    refuse_empty_patterns(patterns, (file for _, files in found for file in files), states)
    return load_files(source.name, found, context, window, config.lookback_days)
