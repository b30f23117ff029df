"""Load the consent log of a run into landing."""

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import SourceError
from matchback.sources.consent.parse import decisions_relation, parse_decision
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.land_lines import LineLoader
from matchback.sources.kit.landing_rows import Attempt, at_once
from matchback.sources.kit.ledger import DateWindow, LoadSummary
from matchback.sources.kit.load_file import context_of, find_source_files, load_files
from matchback.warehouse.duckdb import DuckDBWarehouse


def load_consent(
    config: Config,
    warehouse: DuckDBWarehouse,
    run_id: str,
    clock: Clock,
    window: DateWindow,
    *,
    attempt: Attempt = at_once,
    reload_all: bool = False,
) -> LoadSummary:
    """Load new and changed logs; SourceError when the configured path matches no file."""
    return load_files(
        [(consent_loader(), consent_files(config))],
        context_of(warehouse, run_id, clock, attempt),
        window,
        lookback_days=config.lookback_days,
        reload_all=reload_all,
    )


def consent_loader() -> LineLoader:
    """Return the loader of the consent log."""
    return LineLoader(
        "consent",
        "landing.consent_log",
        "decided_at",
        lambda _: parse_decision,
        lambda file: decisions_relation(str(file.path)),
    )


def consent_files(config: Config) -> list[FoundFile]:
    """Return the logs that are there now; a BigQuery table counts as one file."""
    consent = config.sources.consent
    if consent is not None and consent.table is not None:
        from matchback.warehouse.table_source import TableSource

        source = TableSource.open(config, "sources.consent.table", consent.table)
        return [source.whole("consent_log")]
    if consent is None or consent.path is None:
        raise SourceError("sources.consent names no files; it is no file source.")
    return find_source_files(
        config,
        "sources.consent.path",
        consent.path,
        allow_outside=consent.allow_outside,
        all_patterns=[consent.path],
        source_format="consent_log",
    )
