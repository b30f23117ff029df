"""Load the consent log of a run into landing."""

from matchback.config import Config, ConsentConfig
from matchback.core.clock import Clock
from matchback.core.errors import SourceError
from matchback.orchestration import flow
from matchback.sources.consent.consent_format import ConsentFormat
from matchback.sources.consent.parse import MOMENT, decision_parser, decisions_relation
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.land_lines import LineLoader
from matchback.sources.kit.ledger import DateWindow, LoadSummary
from matchback.sources.kit.load_file import context_of, find_source_files, load_files
from matchback.warehouse.duckdb import DuckDBWarehouse


@flow(name="load-consent")
def load_consent(
    config: Config,
    warehouse: DuckDBWarehouse,
    run_id: str,
    clock: Clock,
    window: DateWindow,
    *,
    reload_all: bool = False,
) -> LoadSummary:
    """Load new and changed logs; SourceError when the configured path matches no file."""
    return load_files(
        [(consent_loader(config), consent_files(config))],
        context_of(warehouse, run_id, clock),
        window,
        lookback_days=config.lookback_days,
        reload_all=reload_all,
    )


def consent_loader(config: Config) -> LineLoader:
    """Return the loader of the configured format; the engine reads only flat lines by itself."""
    consent = config.sources.consent
    if consent is None:
        raise SourceError("sources.consent is not configured.")
    shape = ConsentFormat.named(consent.format)
    return LineLoader(
        "consent",
        "landing.consent_log",
        MOMENT,
        lambda _: decision_parser(shape),
        (lambda file: decisions_relation(str(file.path), shape)) if shape.is_flat else None,
    )


def consent_files(config: Config) -> list[FoundFile]:
    """Return the logs that are there now; a BigQuery table counts as one file."""
    consent = config.sources.consent
    if consent is not None and consent.table is not None:
        from matchback.warehouse.table_source import TableSource

        source = TableSource.open(config, "sources.consent.table", consent.table)
        return [source.whole(_source_format(consent))]
    if consent is None or consent.path is None:
        raise SourceError("sources.consent names no files; it is no file source.")
    return find_source_files(
        config,
        "sources.consent.path",
        consent.path,
        allow_outside=consent.allow_outside,
        all_patterns=[consent.path],
        source_format=_source_format(consent),
    )


def _source_format(consent: ConsentConfig) -> str:
    """Return what the ledger calls the format; lines are read again when another is configured."""
    return "consent_log" if consent.format == "matchback" else f"consent_{consent.format}"
