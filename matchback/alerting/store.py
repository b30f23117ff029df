"""Incidents and outbox in the schema `ops`; the only SQL of alerting."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from matchback.alerting.states import Incident, State
from matchback.warehouse.base import Warehouse, fetch, in_batches

ROWS_PER_INSERT = 200
TIMES = frozenset(
    {"opened_at", "last_bad_at", "told_at", "resolved_at", "acknowledged_at", "snoozed_until",
     "created_at", "last_attempt_at", "delivered_at"}
)  # fmt: skip


@dataclass(frozen=True)
class StoredNotice:
    """One pending row of the outbox."""

    notice_id: str
    incident_id: str
    run_id: str
    position: int
    kind: str
    channel: str
    payload: str


@dataclass(frozen=True)
class Opening:
    """How the opening notice of an incident fared, and in which thread it stands."""

    incident_id: str
    status: str
    thread: str | None


INCIDENT_COLUMNS = [field.name for field in fields(Incident)]
NOTICE_COLUMNS = [field.name for field in fields(StoredNotice)]


def load_incidents(warehouse: Warehouse, states: Collection[State]) -> list[Incident]:
    """Return the incidents in these states."""
    return fetch(
        warehouse,
        _incident,
        f"select {', '.join(INCIDENT_COLUMNS)} from ops.alert_incidents "  # nosec B608
        f"where state in ({_places(states)})",
        [str(state) for state in states],
    )


def save_incidents(warehouse: Warehouse, incidents: Sequence[Incident]) -> None:
    """Replace these incidents; call it inside a transaction."""
    forget_incidents(warehouse, [incident.incident_id for incident in incidents])
    rows = [[getattr(incident, name) for name in INCIDENT_COLUMNS] for incident in incidents]
    _insert(warehouse, "ops.alert_incidents", INCIDENT_COLUMNS, rows)


def forget_incidents(warehouse: Warehouse, incident_ids: Sequence[str]) -> None:
    """Delete incidents that never fired, or that are about to be replaced."""
    if incident_ids:
        warehouse.execute(
            f"delete from ops.alert_incidents where incident_id in ({_places(incident_ids)})",  # nosec B608
            list(incident_ids),
        )


def next_position(warehouse: Warehouse) -> int:
    """Return the next place in the outbox's queue."""
    rows = warehouse.rows("select coalesce(max(position), 0) + 1 as position from ops.alert_outbox")
    return int(rows[0]["position"])


def queue(warehouse: Warehouse, notices: Sequence[StoredNotice], now: datetime) -> None:
    """Append notices to the outbox; call it inside a transaction."""
    rows = [
        [*(getattr(notice, name) for name in NOTICE_COLUMNS), "pending", 0, now]
        for notice in notices
    ]
    columns = [*NOTICE_COLUMNS, "status", "attempts", "created_at"]
    _insert(warehouse, "ops.alert_outbox", columns, rows)


def pending(warehouse: Warehouse) -> list[StoredNotice]:
    """Return what is still to be delivered, oldest first."""
    return fetch(
        warehouse,
        StoredNotice,
        f"select {', '.join(NOTICE_COLUMNS)} from ops.alert_outbox "  # nosec B608
        "where status = 'pending' order by position",
    )


def openings(warehouse: Warehouse, incident_ids: Collection[str]) -> dict[str, Opening]:
    """Return the opening notice of each of these incidents that has one."""
    if not incident_ids:
        return {}
    rows = fetch(
        warehouse,
        Opening,
        "select incident_id, status, thread from ops.alert_outbox "  # nosec B608
        f"where kind = 'opened' and incident_id in ({_places(incident_ids)})",
        list(incident_ids),
    )
    return {row.incident_id: row for row in rows}


def mark_delivered(
    warehouse: Warehouse, notice_ids: Sequence[str], now: datetime, thread: str
) -> None:
    """Record a delivery."""
    warehouse.execute(
        "update ops.alert_outbox set status = 'delivered', attempts = attempts + 1, "  # nosec B608
        "last_attempt_at = cast(? as timestamp), delivered_at = cast(? as timestamp), thread = ? "
        f"where notice_id in ({_places(notice_ids)})",
        [_sent(now), _sent(now), thread, *notice_ids],
    )


def mark_failed(
    warehouse: Warehouse, notice_ids: Sequence[str], now: datetime, reason: str
) -> None:
    """Record a failed attempt; the notices stay pending."""
    warehouse.execute(
        "update ops.alert_outbox set attempts = attempts + 1, "  # nosec B608
        "last_attempt_at = cast(? as timestamp), last_error = ? "
        f"where notice_id in ({_places(notice_ids)})",
        [_sent(now), reason, *notice_ids],
    )


def as_utc(moment: datetime | None) -> datetime | None:
    """Return a warehouse time as an aware one; the engines disagree about the zone they attach."""
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _incident(state: str, **columns: Any) -> Incident:  # noqa: ANN401 - of any type
    moments = {name: as_utc(columns[name]) for name in TIMES & columns.keys()}
    return Incident(state=State(state), **columns | moments)


def _insert(
    warehouse: Warehouse, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    one_row = f"({', '.join(_place(column) for column in columns)})"
    for batch in in_batches(rows, ROWS_PER_INSERT):
        warehouse.execute(
            f"insert into {table} ({', '.join(columns)}) values "  # nosec B608
            + ", ".join([one_row] * len(batch)),
            [_sent(value) for row in batch for value in row],
        )


def _place(column: str) -> str:
    """Return a typed placeholder: an untyped null is refused by BigQuery."""
    if column in TIMES:
        return "cast(? as timestamp)"
    return "cast(? as date)" if column == "last_bad_window_end" else "?"


def _places(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)


def _sent(value: object) -> str | int | None:
    """Return a value as a parameter that both engines take: times and dates as texts."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value if value is None or isinstance(value, int) else str(value)
