"""Load the Conversions API delivery logs of a run into landing, whatever their format."""

from datetime import timedelta

from matchback.config import CapiConfig, Config
from matchback.core.clock import Clock
from matchback.orchestration import flow
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.json_rows import JsonObject, parse_object
from matchback.sources.kit.land_lines import LineLoader, ParseRow
from matchback.sources.kit.ledger import DateWindow, LoadSummary
from matchback.sources.kit.load_file import FileLoader, context_of, find_source_files, load_files
from matchback.sources.logs.log_format import MOMENT, log_format
from matchback.warehouse.duckdb import DuckDBWarehouse

# The models look at events so many days before and behind the window.
DAYS_READ_AROUND = 2


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
        [*capi_loaders(config), *capi_tables(config, window)],
        context_of(warehouse, run_id, clock),
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
    shape = log_format(source_format)
    return LineLoader("capi", shape.table, MOMENT, _line_parser, shape.relation)


def _line_parser(file: FoundFile) -> ParseRow:
    parse_record = log_format(file.source_format).parser()

    def parse(raw: bytes) -> JsonObject:
        row, secret_fields = parse_record(parse_object(raw), raw)
        row["configured_dataset_id"] = file.dataset_id
        row["secret_fields"] = secret_fields
        return row

    return parse


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
