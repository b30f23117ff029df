"""Load the Conversions API delivery logs of a run into landing, whatever their format."""

from datetime import timedelta

from matchback.config import CapiConfig, Config
from matchback.core.clock import Clock
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.land_lines import LineLoader, ParseRow, RelationFor, sampled_records
from matchback.sources.kit.landing_rows import Attempt, at_once
from matchback.sources.kit.ledger import DateWindow, LoadSummary
from matchback.sources.kit.load_file import FileLoader, context_of, find_source_files, load_files
from matchback.sources.logs.parse import CapiParser, gateway_relation, gtms_relation
from matchback.warehouse.duckdb import DuckDBWarehouse

# The models look at events so many days before and behind the window.
DAYS_READ_AROUND = 2
TABLES = {
    "gtms_bigquery": "landing.capi_gtms",
    "gtms_console": "landing.capi_gtms",
    "request_response": "landing.capi_request_response",
    "dataflow_dlq": "landing.capi_dataflow_dlq",
    "gateway_audit": "landing.capi_gateway_audit",
}


def _gtms_relation(file: FoundFile) -> str:
    return gtms_relation(str(file.path), sampled_records(file))


def _gateway_relation(file: FoundFile) -> str:
    return gateway_relation(str(file.path))


QUICK: dict[str, RelationFor] = {
    "gtms_bigquery": _gtms_relation,
    "gateway_audit": _gateway_relation,
}


def load_capi(
    config: Config,
    warehouse: DuckDBWarehouse,
    run_id: str,
    clock: Clock,
    window: DateWindow,
    *,
    attempt: Attempt = at_once,
    reload_all: bool = False,
) -> LoadSummary:
    """Load new and changed logs; SourceError when a configured path matches no file."""
    return load_files(
        [*capi_loaders(config), *capi_tables(config, window)],
        context_of(warehouse, run_id, clock, attempt),
        window,
        lookback_days=config.lookback_days,
        reload_all=reload_all,
    )


def capi_loaders(config: Config) -> list[tuple[FileLoader, list[FoundFile]]]:
    """Return, per configured log of files, its loader and the files that lie there now."""
    logs = [(index, log) for index, log in enumerate(config.sources.capi) if log.path]
    patterns = [log.path or "" for _, log in logs]
    return [(capi_loader(log.format), _files(config, index, log, patterns)) for index, log in logs]


def capi_tables(config: Config, window: DateWindow) -> list[tuple[FileLoader, list[FoundFile]]]:
    """Return, per configured BigQuery table, its loader and its dates near the window."""
    tables = [(index, log) for index, log in enumerate(config.sources.capi) if log.table]
    if not tables:
        return []
    from matchback.warehouse.table_source import TableSource

    around = timedelta(days=max(config.lookback_days, DAYS_READ_AROUND))
    loaders: list[tuple[FileLoader, list[FoundFile]]] = []
    for index, log in tables:
        source = TableSource.open(config, f"sources.capi[{index}].table", log.table or "")
        first, last = window.start - around, window.end + around
        files = source.days(log.format, log.dataset_id, first, last)
        loaders.append((capi_loader(log.format), files))
    return loaders


def capi_loader(source_format: str) -> LineLoader:
    """Return the loader of one log format."""
    quick = QUICK.get(source_format)
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
