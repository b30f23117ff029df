"""Load the GA4 export shards of a run into landing."""

from dataclasses import replace

from flows.config import Config, Ga4FilesConfig
from flows.core.clock import Clock
from flows.errors import SourceError
from flows.loading.ga4 import export_kind
from flows.loading.ledger import DateWindow, LoadSummary
from flows.loading.reading import FoundFile
from flows.orchestration import flow
from flows.tasks.land_ga4 import Ga4Loader
from flows.tasks.load import context_of, find_source_files, load_files
from flows.warehouse.duckdb import DuckDBWarehouse


@flow(name="load-ga4")
def load_ga4(
    config: Config,
    warehouse: DuckDBWarehouse,
    run_id: str,
    clock: Clock,
    window: DateWindow,
    *,
    reload_all: bool = False,
) -> LoadSummary:
    """Load new and changed shards; SourceError when the configured path matches no file."""
    return load_files(
        [(Ga4Loader(warehouse), ga4_files(config))],
        context_of(warehouse, run_id, clock),
        window,
        lookback_days=config.lookback_days,
        reload_all=reload_all,
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
