"""The CRM's orders: exported files, a SQL database, or a BigQuery table."""

import hashlib
from pathlib import Path

from matchback.config import Config, CrmConfig
from matchback.core.errors import SourceError
from matchback.sources.crm.land import CrmLoader, DatabaseRows
from matchback.sources.crm.tables import ORDERS
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.load_file import find_source_files
from matchback.sources.kit.source import FoundFiles, Source


def find_orders(config: Config) -> FoundFiles:
    """Return the exports that lie there now; a database counts as one file."""
    crm = config.sources.crm
    if crm is None:
        raise SourceError("sources.crm is not configured.")
    if crm.path is None:
        database = DatabaseRows(config, crm)
        file = FoundFile(
            path=Path(database.name), name=database.name, source_format=_read_as("crm_sql", crm)
        )
        return [(CrmLoader("crm", ORDERS.name, config, crm, database), [file])]
    files = find_source_files(
        config,
        "sources.crm.path",
        crm.path,
        allow_outside=crm.allow_outside,
        source_format=_read_as(f"crm_{crm.preset}" if crm.preset else "crm_columns", crm),
    )
    return [(CrmLoader("crm", ORDERS.name, config, crm), files)]


def _read_as(name: str, crm: CrmConfig) -> str:
    """Return what the ledger calls the format; a file is read again when it is read otherwise."""
    how = crm.model_dump_json(
        include={"timezone", "columns", "date_format", "encoding", "free_text", "statuses"},
        exclude_defaults=True,
    )
    return f"{name}_{hashlib.sha256(how.encode()).hexdigest()[:6]}"


SOURCE = Source("crm", find_orders)
