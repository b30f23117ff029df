"""The landing table of consent decisions."""

from matchback.sources.kit.tables import JURISDICTION, OF_RECORDS
from matchback.warehouse.tables import BOOLEAN, TIMESTAMP, Column, Document, Partitioning, Table

DECISIONS = Table(
    "landing.consent_log",
    "Grain: one consent decision as logged; null means no choice recorded.",
    (
        Column("decided_at", "Time of the decision, UTC.", TIMESTAMP),
        Column("user_id", "User id in the record.", personal="customer_id", scan=Document()),
        Column("client_id", "Browser (client) id in the record.", personal="client_id"),
        Column(
            "notice_version",
            "Version of the notice that was shown; a proof needs it.",
            scan=Document(),
        ),
        JURISDICTION,
        Column(
            "gpc", "Whether Global Privacy Control was signalled; null when not logged.", BOOLEAN
        ),
        Column("necessary", "Choice for necessary; null is no choice.", BOOLEAN),
        Column("analytics", "Choice for analytics; null is no choice.", BOOLEAN),
        Column("marketing", "Choice for marketing; null is no choice.", BOOLEAN),
        Column("action", "given, updated or withdrawn.", scan=Document()),
        *OF_RECORDS,
    ),
    source="consent",
    moment="decided_at",
    # Few rows, and files that hold years of them.
    partition=Partitioning(unit="month"),
    erasure="delete",
    is_read_by_dbt=True,
)
TABLES = (DECISIONS,)
