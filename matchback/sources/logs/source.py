"""The delivery logs of the server side: files or BigQuery tables, each of one format."""

from datetime import timedelta

from matchback.config import Config
from matchback.core.window import Window
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.json_rows import JsonObject, parse_object
from matchback.sources.kit.land_lines import LineLoader, ParseRow
from matchback.sources.kit.load_file import find_source_files
from matchback.sources.kit.source import FoundFiles, Source
from matchback.sources.logs.log_format import MOMENT, log_format

# The models look at events so many days before and behind the window.
DAYS_READ_AROUND = 2


def find_files(config: Config) -> FoundFiles:
    """Return the files that lie there now, those of a format together."""
    logs = [(index, log, log.path) for index, log in enumerate(config.sources.capi) if log.path]
    patterns = [path for _, _, path in logs]
    by_format: dict[str, list[FoundFile]] = {}
    for index, log, path in logs:
        by_format.setdefault(log.format, []).extend(
            find_source_files(
                config,
                f"sources.capi[{index}].path",
                path,
                allow_outside=log.allow_outside,
                all_patterns=patterns,
                source_format=log.format,
                dataset_id=log.dataset_id,
            )
        )
    return [(_loader(name), files) for name, files in by_format.items()]


def find_tables(config: Config, window: Window) -> FoundFiles:
    """Return the dates near the window of each BigQuery table, a date counts as a file."""
    tables = [(index, log, log.table) for index, log in enumerate(config.sources.capi) if log.table]
    if not tables:
        return []
    from matchback.sources.kit.bigquery_table import BigQueryTable

    around = timedelta(days=max(config.lookback_days, DAYS_READ_AROUND))
    first, last = window.start - around, window.end + around
    return [
        (
            _loader(log.format),
            BigQueryTable.open(config, f"sources.capi[{index}].table", name).days(
                log.format, log.dataset_id, first, last
            ),
        )
        for index, log, name in tables
    ]


def _loader(source_format: str) -> LineLoader:
    shape = log_format(source_format)
    return LineLoader(
        "capi",
        shape.table.name,
        MOMENT,
        shape.is_row,
        _line_parser,
        shape.relation,
        only_format=source_format,
    )


def _line_parser(file: FoundFile) -> ParseRow:
    parse_record = log_format(file.source_format).parser()

    def parse(raw: bytes) -> JsonObject:
        row, secret_fields = parse_record(parse_object(raw), raw)
        row["configured_dataset_id"] = file.dataset_id
        row["secret_fields"] = secret_fields
        return row

    return parse


SOURCE = Source("capi", find_files, find_tables)
