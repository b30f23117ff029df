"""Everything held about a person and everything sent, by destination and time."""

from dataclasses import dataclass, field
from typing import Any

from matchback.config import Config
from matchback.privacy.erase import count_rows
from matchback.privacy.person import references_of
from matchback.privacy.search import References, bindings, condition
from matchback.sources.catalog import BY_NAME
from matchback.sources.consent.tables import DECISIONS
from matchback.warehouse.base import Row, Warehouse
from matchback.warehouse.dialects import dialect_of
from matchback.warehouse.tables import Table

DELIVERIES = BY_NAME["marts.fct_deliveries"]
EVENTS = BY_NAME["marts.fct_reconciled_events"]


@dataclass(frozen=True)
class AccessReport:
    """The answer to a data subject: counts per table, deliveries, events, consent decisions."""

    held: dict[str, int]
    sent: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    consent: list[Row] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the one object of `matchback access --json`."""
        return {
            "held": self.held,
            "sent": self.sent,
            "events": self.events,
            "consent": self.consent,
        }


def access(warehouse: Warehouse, config: Config, person: str) -> AccessReport:
    """Collect what is held and what was sent; UnknownPersonError when there is nothing."""
    references = references_of(warehouse, person, config.property.default_country)
    return AccessReport(
        held={name: count for name, count in count_rows(warehouse, references).items() if count},
        sent=_rows(
            warehouse,
            references,
            DELIVERIES,
            "delivered_at, destination, dataset_id, canonical_event, event_id, order_id, outcome, "
            "policy_decision, policy_reason, consent_basis, effective_consent, consent_evidence, "
            "jurisdiction, gpc, fields_sent, fields_stripped",
            "delivered_at, destination",
        ),
        events=_rows(
            warehouse,
            references,
            EVENTS,
            "event_date, canonical_event, dataset_id, order_id, in_client, in_server, in_crm, "
            "status, reasons, client_at, server_at",
            "event_date, coalesce(client_at, server_at)",
        ),
        consent=_rows(
            warehouse,
            references,
            DECISIONS,
            "decided_at, action, necessary, analytics, marketing, gpc, jurisdiction, "
            "notice_version",
            "decided_at",
        ),
    )


def _rows(
    warehouse: Warehouse,
    references: References,
    table: Table,
    columns: str,
    order: str,
) -> list[Row]:
    where = condition(table, dialect_of(warehouse))
    return warehouse.rows(
        f"select {columns} from {table.name} where {where} order by {order}",
        bindings(table, references),
    )
