"""Load the CRM orders of a run into landing, contact fields hashed on the way."""

from pathlib import Path

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import SourceError
from matchback.sources.crm.land import CrmLoader, DatabaseRows
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.landing_rows import Attempt, at_once
from matchback.sources.kit.ledger import DateWindow, LoadSummary
from matchback.sources.kit.load_file import context_of, find_source_files, load_files
from matchback.warehouse.duckdb import DuckDBWarehouse


def load_crm(
    config: Config,
    warehouse: DuckDBWarehouse,
    run_id: str,
    clock: Clock,
    window: DateWindow,
    *,
    attempt: Attempt = at_once,
    reload_all: bool = False,
) -> LoadSummary:
    """Load new and changed exports; SourceError for no file, a missing column, no connection."""
    return load_files(
        [crm_loader(config)],
        context_of(warehouse, run_id, clock, attempt),
        window,
        lookback_days=config.lookback_days,
        reload_all=reload_all,
    )


def crm_loader(config: Config) -> tuple[CrmLoader, list[FoundFile]]:
    """Return the loader and the files that lie there now; a database counts as one file."""
    crm = config.sources.crm
    if crm is None:
        raise SourceError("sources.crm is not configured.")
    if crm.url is not None or crm.table is not None:
        database = DatabaseRows(config, crm)
        file = FoundFile(path=Path(database.name), name=database.name, source_format="crm_sql")
        return CrmLoader(config, crm, database), [file]
    if crm.path is None:
        raise SourceError("sources.crm names no files and no url; it is no file source.")
    files = find_source_files(
        config,
        "sources.crm.path",
        crm.path,
        allow_outside=crm.allow_outside,
        all_patterns=[crm.path],
        source_format=f"crm_{crm.preset}" if crm.preset else "crm_columns",
    )
    return CrmLoader(config, crm), files
