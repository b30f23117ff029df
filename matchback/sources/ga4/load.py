"""Load the GA4 export shards of a run into landing."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from matchback.config import Config, Ga4BigQueryConfig, Ga4FilesConfig
from matchback.core.clock import Clock
from matchback.core.errors import SourceError
from matchback.sources.ga4.land import Ga4Loader
from matchback.sources.ga4.shapes import export_kind
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.landing_rows import Attempt, at_once
from matchback.sources.kit.ledger import DateWindow, LoadSummary
from matchback.sources.kit.load_file import context_of, find_source_files, load_files
from matchback.warehouse.duckdb import DuckDBWarehouse

if TYPE_CHECKING:
    from matchback.warehouse.ga4_export import Shard

# Purchases are repeated up to 30 days later; older shards would only cost bytes.
HISTORY_DAYS = 32


def load_ga4(
    config: Config,
    warehouse: DuckDBWarehouse,
    run_id: str,
    clock: Clock,
    window: DateWindow,
    *,
    attempt: Attempt = at_once,
    reload_all: bool = False,
) -> LoadSummary:
    """Load new and changed shards; SourceError when the configured path matches no file."""
    return load_files(
        [ga4_loader(config, warehouse, window)],
        context_of(warehouse, run_id, clock, attempt),
        window,
        lookback_days=config.lookback_days,
        reload_all=reload_all,
    )


def ga4_loader(
    config: Config, warehouse: DuckDBWarehouse, window: DateWindow
) -> tuple[Ga4Loader, list[FoundFile]]:
    """Return the loader of the configured kind and the shards that are there now."""
    ga4 = config.sources.ga4
    if not isinstance(ga4, Ga4BigQueryConfig):
        return Ga4Loader(warehouse), ga4_files(config)
    from matchback.sources.ga4.land_export import Ga4ExportLoader
    from matchback.warehouse.ga4_export import Ga4Export

    export = Ga4Export.open(ga4)
    first = window.start - timedelta(days=HISTORY_DAYS)
    shards = export.shards(first, window.end + timedelta(days=config.lookback_days))
    loader = Ga4ExportLoader(warehouse, export=export, shards={one.name: one for one in shards})
    return loader, [found_shard(shard) for shard in shards]


def found_shard(shard: "Shard") -> FoundFile:
    """Return a table of the export as the ledger names it."""
    return FoundFile(
        path=Path(shard.name),
        name=shard.name,
        source_format=f"ga4_{shard.kind}",
        data_date=shard.data_date,
        export_kind=shard.kind,
        size=shard.size,
        modified_at=shard.modified_at,
    )


def ga4_files(config: Config) -> list[FoundFile]:
    """Return the shards that lie there now, each with its date and export kind."""
    ga4 = config.sources.ga4
    if not isinstance(ga4, Ga4FilesConfig):
        raise SourceError("sources.ga4 names no files; it is no file source.")
    files = find_source_files(
        config,
        "sources.ga4.path",
        ga4.path,
        allow_outside=ga4.allow_outside,
        all_patterns=[ga4.path],
        source_format="ga4",
    )
    kinds = [export_kind(file.path.name) for file in files]
    return [
        replace(file, export_kind=kind, source_format=f"ga4_{kind}")
        for file, kind in zip(files, kinds, strict=True)
    ]
