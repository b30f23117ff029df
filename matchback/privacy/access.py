"""Everything held about a person and everything sent, by destination and time."""

from dataclasses import asdict, dataclass, field
from typing import Any

from matchback.config import Config
from matchback.privacy.erase import count_rows
from matchback.privacy.person import Person, Shared, find_person
from matchback.privacy.published import Published
from matchback.privacy.search import rows_by_file
from matchback.sources.catalog import BY_NAME
from matchback.sources.consent.tables import DECISIONS
from matchback.warehouse.base import Row, Warehouse
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
    shared: list[Shared] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the one object of `matchback access --json`."""
        return {
            "held": self.held,
            "sent": self.sent,
            "events": self.events,
            "consent": self.consent,
            "shared": [asdict(one) for one in self.shared],
            "notes": self.notes,
        }


def access(warehouse: Warehouse, config: Config, person: str) -> AccessReport:
    """Collect what is held and what was sent; of an unknown person nothing."""
    found = find_person(warehouse, config, person)
    published = Published.of(warehouse, found)
    counts = count_rows(found, published)
    return AccessReport(
        held={name: count for name, count in counts.items() if count},
        sent=_rows(
            published,
            DELIVERIES,
            "delivered_at, destination, dataset_id, canonical_event, event_id, order_id, outcome, "
            "policy_decision, policy_reason, consent_basis, effective_consent, consent_evidence, "
            "jurisdiction, gpc, fields_sent, fields_stripped",
            "delivered_at, destination",
        ),
        events=_rows(
            published,
            EVENTS,
            "event_date, canonical_event, dataset_id, order_id, in_client, in_server, in_crm, "
            "status, reasons, client_at, server_at",
            "event_date, coalesce(client_at, server_at)",
        ),
        consent=_decisions(warehouse, found),
        shared=list(found.shared),
        notes=list(found.notes),
    )


def _rows(published: Published, table: Table, columns: str, order: str) -> list[Row]:
    where, bound = published.condition(table)
    return published.warehouse.rows(
        f"select {columns} from {table.name} where {where} order by {order}", bound
    )


def _decisions(warehouse: Warehouse, person: Person) -> list[Row]:
    """Return the consent decisions among a person's rows, in their order."""
    rows: list[Row] = []
    for where, bound in rows_by_file(person.rows, DECISIONS.name):
        rows += warehouse.rows(
            "select decided_at, action, necessary, analytics, marketing, gpc, jurisdiction, "
            f"notice_version from {DECISIONS.name} where {where} and {DECISIONS.on_every_date}",
            bound,
        )
    return sorted(rows, key=lambda row: (row["decided_at"] is not None, row["decided_at"]))
