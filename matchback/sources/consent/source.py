"""The consent log: files of one decision a line, or a BigQuery table."""

from matchback.config import Config, ConsentConfig
from matchback.core.errors import SourceError
from matchback.core.window import Window
from matchback.sources.consent.parse import MOMENT, decision_parser, decisions_relation, paths_of
from matchback.sources.consent.tables import DECISIONS
from matchback.sources.kit.land_lines import LineLoader
from matchback.sources.kit.load_file import find_source_files
from matchback.sources.kit.source import FoundFiles, Source


def find_files(config: Config) -> FoundFiles:
    """Return the logs that lie there now."""
    consent = _configured(config)
    if consent.path is None:
        return []
    files = find_source_files(
        config,
        "sources.consent.path",
        consent.path,
        allow_outside=consent.allow_outside,
        source_format=_source_format(consent),
    )
    return [(_loader(consent), files)]


def find_table(config: Config, _window: Window) -> FoundFiles:
    """Return the BigQuery table; it counts as one file."""
    consent = _configured(config)
    if consent.table is None:
        return []
    from matchback.sources.kit.bigquery_table import BigQueryTable

    table = BigQueryTable.open(config, "sources.consent.table", consent.table)
    return [(_loader(consent), [table.whole(_source_format(consent))])]


def _loader(consent: ConsentConfig) -> LineLoader:
    """Return the loader of the configured format; the engine reads only flat lines by itself."""
    paths = paths_of(consent.format)
    keys = {path.partition(".")[0] for path in paths.values()}
    is_flat = not any("." in path for path in paths.values())
    return LineLoader(
        "consent",
        DECISIONS.name,
        MOMENT,
        lambda record: not keys.isdisjoint(record),
        lambda _: decision_parser(paths),
        (lambda file: decisions_relation(str(file.path), paths)) if is_flat else None,
    )


def _configured(config: Config) -> ConsentConfig:
    if config.sources.consent is None:
        raise SourceError("sources.consent is not configured.")
    return config.sources.consent


def _source_format(consent: ConsentConfig) -> str:
    """Return what the ledger calls the format; lines are read again when another is configured."""
    return "consent_log" if consent.format == "matchback" else f"consent_{consent.format}"


SOURCE = Source("consent", find_files, find_table)
