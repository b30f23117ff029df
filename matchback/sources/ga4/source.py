"""The GA4 export: shards as files, or the export's own BigQuery dataset."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from matchback.config import BigQueryWarehouseConfig, Config, Ga4BigQueryConfig, Ga4FilesConfig
from matchback.core.window import Window
from matchback.sources.ga4.land import Ga4Loader
from matchback.sources.ga4.shapes import export_kind
from matchback.sources.ga4.shard_store import EVENTS
from matchback.sources.kit.landing_rows import LoadContext
from matchback.sources.kit.ledger import LoadSummary
from matchback.sources.kit.load_file import find_source_files
from matchback.sources.kit.source import FoundFiles, Source
from matchback.warehouse.base import Warehouse

if TYPE_CHECKING:
    from matchback.sources.ga4.export import ExportedShard, Ga4Export
    from matchback.warehouse.bigquery import BigQueryWarehouse

# Purchases are repeated up to 30 days later; older shards would only cost bytes.
HISTORY_DAYS = 32


def find_files(config: Config) -> FoundFiles:
    """Return the shards that lie there now, each with its date and export kind."""
    ga4 = config.sources.ga4
    if not isinstance(ga4, Ga4FilesConfig):
        return []
    files = find_source_files(
        config,
        "sources.ga4.path",
        ga4.path,
        allow_outside=ga4.allow_outside,
        source_format="ga4",
    )
    kinds = [export_kind(file.path.name) for file in files]
    shards = [
        replace(file, export_kind=kind, source_format=f"ga4_{kind}")
        for file, kind in zip(files, kinds, strict=True)
    ]
    return [(Ga4Loader("ga4", EVENTS), shards)]


def find_tables(config: Config, window: Window) -> FoundFiles:
    """Return the tables of the export that the window's models read."""
    if not isinstance(config.sources.ga4, Ga4BigQueryConfig):
        return []
    from matchback.sources.ga4.land_export import Ga4ExportLoader

    export, shards = _opened(config, config.sources.ga4, window)
    by_name = {shard.name: shard for shard in shards}
    loader = Ga4ExportLoader("ga4", EVENTS, export, by_name)
    return [(loader, [shard.as_file for shard in shards])]


def copy_in_bigquery(
    config: Config, warehouse: Warehouse, context: LoadContext, window: Window
) -> LoadSummary | None:
    """Copy an export whose warehouse is BigQuery too: its rows need no other engine."""
    ga4 = config.sources.ga4
    if not (
        isinstance(ga4, Ga4BigQueryConfig) and isinstance(config.warehouse, BigQueryWarehouseConfig)
    ):
        return None
    from matchback.sources.ga4.copy import copy_ga4

    export, shards = _opened(config, ga4, window)
    bigquery = cast("BigQueryWarehouse", warehouse)
    return copy_ga4(export, shards, bigquery, context, window, config.lookback_days)


def _opened(
    config: Config, ga4: Ga4BigQueryConfig, window: Window
) -> "tuple[Ga4Export, list[ExportedShard]]":
    from matchback.sources.ga4.export import Ga4Export

    export = Ga4Export.open(ga4)
    first = window.start - timedelta(days=HISTORY_DAYS)
    return export, export.shards(first, window.end + timedelta(days=config.lookback_days))


SOURCE = Source("ga4", find_files, find_tables, copy_in_bigquery)
