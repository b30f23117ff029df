"""What people do with incidents: list, acknowledge, snooze."""

from dataclasses import dataclass, replace
from datetime import datetime

from matchback.alerting import store
from matchback.alerting.settings import AlertSettings
from matchback.alerting.states import Incident, State, worst_first
from matchback.core.errors import ConfigError
from matchback.warehouse.base import Warehouse

LISTED = (
    "incident_id", "check_id", "dimension", "dataset_id", "severity", "evidence", "money_at_risk",
    "opened_at", "last_bad_at", "resolved_at", "acknowledged_by", "acknowledged_at",
    "snoozed_until", "snoozed_by", "snooze_reason",
)  # fmt: skip


@dataclass(frozen=True)
class Snooze:
    """Silence with an end, a reason and an owner."""

    until: datetime
    reason: str
    owner: str


@dataclass(frozen=True)
class ListedIncident:
    """An incident as it is listed."""

    incident: Incident
    state: str
    owner: str
    is_waiting: bool

    def as_json(self) -> dict[str, object]:
        """Return what a program reads of it."""
        told = {name: getattr(self.incident, name) for name in LISTED}
        return {
            **told,
            "state": self.state,
            "owner": self.owner,
            "is_waiting_for_delivery": self.is_waiting,
        }


def list_incidents(
    warehouse: Warehouse, settings: AlertSettings, now: datetime, *, with_resolved: bool = False
) -> list[ListedIncident]:
    """Return open incidents worst first, with the resolved ones behind them on request."""
    states = (State.OPEN, State.RESOLVED) if with_resolved else (State.OPEN,)
    incidents = store.load_incidents(warehouse, states)
    incidents.sort(key=lambda incident: (incident.state is State.RESOLVED, worst_first(incident)))
    waiting = {notice.incident_id for notice in store.pending(warehouse)}
    return [
        ListedIncident(
            incident,
            _state(incident, now),
            settings.owner_of(incident.check_id, incident.surface, incident.dimension),
            incident.incident_id in waiting,
        )
        for incident in incidents
    ]


def acknowledge(warehouse: Warehouse, name: str, owner: str, now: datetime) -> list[Incident]:
    """Stop the reminders of an incident, or of all of a check, until they end or get worse."""
    incidents = [
        replace(incident, acknowledged_by=owner, acknowledged_at=now)
        for incident in _named(warehouse, name)
    ]
    return _saved(warehouse, incidents)


def snooze(warehouse: Warehouse, name: str, silence: Snooze, now: datetime) -> list[Incident]:
    """Keep an incident, or all of a check, silent until an end; its resolution is still told."""
    if silence.until <= now:
        raise ConfigError("A snooze must end in the future; give --hours or a later --until.")
    if not silence.reason.strip():
        raise ConfigError("A snooze needs a reason; give --reason.")
    incidents = [
        replace(
            incident,
            snoozed_until=silence.until,
            snooze_reason=silence.reason,
            snoozed_by=silence.owner,
        )
        for incident in _named(warehouse, name)
    ]
    return _saved(warehouse, incidents)


def _saved(warehouse: Warehouse, incidents: list[Incident]) -> list[Incident]:
    with warehouse.transaction():
        store.save_incidents(warehouse, incidents)
    return incidents


def _named(warehouse: Warehouse, name: str) -> list[Incident]:
    """Return the open incidents of a check id, or the one whose id starts with the name."""
    incidents = store.load_incidents(warehouse, (State.OPEN,))
    by_check = [incident for incident in incidents if incident.check_id == name]
    found = by_check or [
        incident for incident in incidents if name and incident.incident_id.startswith(name)
    ]
    if not found:
        raise ConfigError("No open incident has this id or check; see `matchback alerts list`.")
    if not by_check and len(found) > 1:
        raise ConfigError(f"{len(found)} open incidents start like this; give more of the id.")
    return found


def _state(incident: Incident, now: datetime) -> str:
    if incident.state is State.RESOLVED:
        return "resolved"
    if incident.is_snoozed(now):
        return "snoozed"
    return "open" if incident.acknowledged_at is None else "acknowledged"
