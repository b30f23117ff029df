"""Load the Conversions API delivery logs of a run into landing, whatever their format."""

from flows.config import CapiConfig, Config
from flows.core.clock import Clock
from flows.errors import SourceError
from flows.loading.capi import CapiParser, gtms_relation
from flows.loading.ledger import DateWindow, LoadSummary
from flows.loading.reading import FoundFile
from flows.orchestration import flow
from flows.tasks.land_lines import LineLoader, ParseRow
from flows.tasks.load import FileLoader, context_of, find_source_files, load_files
from flows.warehouse.duckdb import DuckDBWarehouse

TABLES = {
    "gtms_bigquery": "landing.capi_gtms",
    "gtms_console": "landing.capi_gtms",
    "request_response": "landing.capi_request_response",
    "dataflow_dlq": "landing.capi_dataflow_dlq",
    "gateway_audit": "landing.capi_gateway_audit",
}


@flow(name="load-capi")
def load_capi(
    config: Config,
    warehouse: DuckDBWarehouse,
    run_id: str,
    clock: Clock,
    window: DateWindow,
    *,
    reload_all: bool = False,
) -> LoadSummary:
    """Load new and changed logs; SourceError when a configured path matches no file."""
    return load_files(
        capi_loaders(config),
        context_of(warehouse, run_id, clock),
        window,
        lookback_days=config.lookback_days,
        reload_all=reload_all,
    )


def capi_loaders(config: Config) -> list[tuple[FileLoader, list[FoundFile]]]:
    """Return, per configured log of files, its loader and the files that lie there now."""
    _refuse_tables_on_duckdb(config)
    logs = [(index, log) for index, log in enumerate(config.sources.capi) if log.path]
    patterns = [log.path or "" for _, log in logs]
    return [(capi_loader(log.format), _files(config, index, log, patterns)) for index, log in logs]


def _refuse_tables_on_duckdb(config: Config) -> None:
    """Raise SourceError where a BigQuery table stands in a config whose engine cannot read it."""
    for index, log in enumerate(config.sources.capi):
        if log.table and config.warehouse.engine == "duckdb":
            raise SourceError(
                f"sources.capi[{index}].table is a BigQuery table, which a DuckDB warehouse does "
                "not read; export it to files and give their path."
            )


def capi_loader(source_format: str) -> LineLoader:
    """Return the loader of one log format."""
    quick = gtms_relation if source_format == "gtms_bigquery" else None
    return LineLoader("capi", TABLES[source_format], "logged_at", _parser_for, quick)


def _parser_for(file: FoundFile) -> ParseRow:
    return CapiParser(file.source_format, file.dataset_id).parse


def _files(config: Config, index: int, log: CapiConfig, patterns: list[str]) -> list[FoundFile]:
    return find_source_files(
        config,
        f"sources.capi[{index}].path",
        log.path or "",
        allow_outside=log.allow_outside,
        all_patterns=patterns,
        source_format=log.format,
        dataset_id=log.dataset_id,
    )
