"""Loads every configured source, on both engines the same way."""

from dataclasses import asdict
from typing import Any

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.window import Window
from matchback.loading.landing_place import landing_place
from matchback.privacy.suppression import require_key, suppress_loaded
from matchback.sources.kit.landing_rows import Attempt, LoadContext, at_once
from matchback.sources.kit.ledger import LoadSummary
from matchback.sources.kit.load_file import context_of, load_files
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
    quality = load_meta_quality(warehouse, config, run_id, clock)
    if config.sources.meta_quality:
        summaries.append({"source": "meta_quality", **asdict(quality)})
    return summaries


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
    return load_files(source.name, found, context, window, config.lookback_days)
