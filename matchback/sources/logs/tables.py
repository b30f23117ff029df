"""What the landing tables of delivery logs share; each is declared beside its reader."""

from matchback.sources.kit.tables import OF_RECORDS
from matchback.warehouse.tables import (
    TIMESTAMP,
    Column,
    Partitioning,
    Table,
)

SOURCE = "capi"
LOGGED_AT = Column("logged_at", "Time the log gives the record, UTC.", TIMESTAMP)
TRACE_ID = Column(
    "trace_id", "Trace id that joins a request with its response.", personal="request_id"
)
OF_LOG_RECORDS = (
    Column(
        "configured_dataset_id",
        "Dataset id of the config entry; used when the record names none.",
    ),
    *OF_RECORDS,
)


def log_table(
    name: str, description: str, columns: tuple[Column, ...], record_key: tuple[str, ...] = ()
) -> Table:
    """Return the declaration of a landing table of delivery records, without the usual columns."""
    return Table(
        name,
        description,
        (*columns, *OF_LOG_RECORDS),
        source=SOURCE,
        moment=LOGGED_AT.name,
        partition=Partitioning(needs_filter=True),
        record_key=record_key,
        erasure="delete",
        retention="delivery_log",
        is_read_by_dbt=True,
    )
