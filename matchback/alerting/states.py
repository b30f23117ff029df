"""The life of an alert: what one run's observations do to the incidents, and what is to be told.

Pure: no clock, no warehouse, no Slack. An incident is one episode of one fingerprint
(check, dataset, dimension; never a value, a count or a time).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from matchback.quality.checks import check_named

ALL = "all"
RUN_INCOMPLETE = "run_incomplete"
NO_RECENT_RUN = "no_recent_run"
CRITICAL_WITHOUT_CHECK = frozenset({RUN_INCOMPLETE, NO_RECENT_RUN})
SEVERITIES = ("warn", "fail", "critical")
STATUSES_WORST_FIRST = ("fail", "warn", "pass", "insufficient_data", "unknown")
NO_LONGER_MEASURED = "no longer measured"


class State(StrEnum):
    """Where an incident stands; pending has not been bad often enough yet."""

    PENDING = "pending"
    OPEN = "open"
    RESOLVED = "resolved"


class Kind(StrEnum):
    """What is told, worst first."""

    OPENED = "opened"
    WORSE = "worse"
    STILL_FAILING = "still_failing"
    RESOLVED = "resolved"


@dataclass(frozen=True, order=True)
class Key:
    """The fingerprint."""

    check_id: str
    dataset_id: str = ""
    dimension: str = ALL


@dataclass(frozen=True)
class Observation:
    """What one run says about one fingerprint; `status` is that of the check results."""

    key: Key
    status: str
    window_end: date
    surface: str = ""
    evidence: str = ""
    money_at_risk: str = ""


@dataclass(frozen=True)
class Incident:
    """One episode; `told_severity` is the one people last heard of."""

    incident_id: str
    check_id: str
    dataset_id: str
    dimension: str
    surface: str
    state: State
    severity: str
    opened_at: datetime
    opened_run_id: str
    last_bad_at: datetime
    last_bad_window_end: date
    evidence: str = ""
    money_at_risk: str = ""
    bad_runs: int = 1
    good_runs: int = 0
    absent_runs: int = 0
    told_severity: str = ""
    told_at: datetime | None = None
    resolved_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    snoozed_by: str = ""
    snoozed_until: datetime | None = None
    snooze_reason: str = ""

    @property
    def key(self) -> Key:
        """Return the fingerprint."""
        return Key(self.check_id, self.dataset_id, self.dimension)

    def is_snoozed(self, now: datetime) -> bool:
        """Say whether a snooze is in force."""
        return self.snoozed_until is not None and now < self.snoozed_until


@dataclass(frozen=True)
class Policy:
    """Hysteresis and reminders; `remind_after` None means never.

    A week of daily runs without a row closes an incident, so that what only happens at weekends is
    not called over before the next one.
    """

    fire_after_runs: int = 1
    resolve_after_runs: int = 1
    close_absent_after_runs: int = 7
    remind_after: timedelta | None = None
    is_warn_bad: bool = False


@dataclass(frozen=True)
class Notice:
    """One thing to tell; folded under it are other checks and dimensions of the same check.

    `reason` says why an incident ended that no run has seen pass.
    """

    kind: Kind
    incident: Incident
    effects: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Advance:
    """What one run changed."""

    changed: tuple[Incident, ...] = ()
    forgotten: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()


def advance(
    open_incidents: Mapping[Key, Incident],
    observations: Sequence[Observation],
    failed_loads: Iterable[str],
    run_id: str,
    now: datetime,
    policy: Policy,
    measured_until: date | None = None,
) -> Advance:
    """Apply one run's observations, one per fingerprint, to the pending and open incidents.

    `failed_loads` names the sources of which a file was refused in this run; `measured_until` is
    the last date of a run that measured everything: what it has no row for was not there.
    """
    active = _active(open_incidents, observations, policy)
    silent = _silent_sources(active, frozenset(failed_loads))
    roots = _roots((observation.key for observation in observations), active, silent)
    changed: list[Incident] = []
    forgotten: list[str] = []
    notices: list[Notice] = []
    for observation in observations:
        before = open_incidents.get(observation.key)
        if observation.key in roots:
            if before is not None and before.absent_runs:
                changed.append(replace(before, absent_runs=0))
            continue
        after, kind = _step(before, observation, run_id, now, policy)
        if after is None and before is not None:
            forgotten.append(before.incident_id)
        elif after is not None and after != before:
            changed.append(after)
        if after is not None and kind is not None:
            folded = [
                child.key
                for child in observations
                if roots.get(child.key) == observation.key and _is_bad(child, policy)
            ]
            notices.append(_notice(kind, after, folded))
    for before in _absent(open_incidents, observations, active, silent, measured_until):
        after = _after_absence(before, now, policy)
        if after is None:
            forgotten.append(before.incident_id)
            continue
        changed.append(after)
        if after.state is State.RESOLVED:
            notices.append(Notice(Kind.RESOLVED, after, reason=NO_LONGER_MEASURED))
    return Advance(tuple(changed), tuple(forgotten), tuple(notices))


def incident_id(key: Key, run_id: str) -> str:
    """Name an episode: the same fingerprint opened by the same run is the same episode."""
    text = "\n".join((key.check_id, key.dataset_id, key.dimension, run_id))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:10]


def severity_of(check_id: str, status: str) -> str:
    """Return warn, fail or critical."""
    is_critical = check_id in CRITICAL_WITHOUT_CHECK or check_named(check_id).is_critical
    return "critical" if status == "fail" and is_critical else status


def worst_first(incident: Incident) -> tuple[int, str, str, str]:
    """Sort key of incidents: severity, then check, dataset and dimension."""
    rank = SEVERITIES.index(incident.severity)
    return (-rank, incident.check_id, incident.dataset_id, incident.dimension)


def source_of(dimension: str) -> str:
    """Return the source that a dimension names, or nothing."""
    parts = dict(part.split("=", 1) for part in dimension.split(",") if "=" in part)
    return parts.get("source", "")


def _notice(kind: Kind, incident: Incident, folded: Sequence[Key]) -> Notice:
    own = incident.check_id
    effects = {child.check_id for child in folded} - {own}
    dimensions = {child.dimension for child in folded if child.check_id == own}
    return Notice(kind, incident, tuple(sorted(effects)), tuple(sorted(dimensions)))


def _step(
    before: Incident | None, observation: Observation, run_id: str, now: datetime, policy: Policy
) -> tuple[Incident | None, Kind | None]:
    before = replace(before, absent_runs=0) if before else None
    if _is_bad(observation, policy):
        return _after_bad(before, observation, run_id, now, policy)
    if before is None or observation.status != "pass":
        return before, None
    return _after_good(before, observation, now, policy)


def _is_bad(observation: Observation, policy: Policy) -> bool:
    return observation.status == "fail" or (policy.is_warn_bad and observation.status == "warn")


def _after_bad(
    before: Incident | None, observation: Observation, run_id: str, now: datetime, policy: Policy
) -> tuple[Incident, Kind | None]:
    key, severity = observation.key, severity_of(observation.key.check_id, observation.status)
    before = before or Incident(
        incident_id=incident_id(key, run_id),
        check_id=key.check_id,
        dataset_id=key.dataset_id,
        dimension=key.dimension,
        surface=observation.surface,
        state=State.PENDING,
        severity=severity,
        opened_at=now,
        opened_run_id=run_id,
        last_bad_at=now,
        last_bad_window_end=observation.window_end,
        bad_runs=0,
    )
    after = replace(
        before,
        severity=severity,
        evidence=observation.evidence,
        money_at_risk=observation.money_at_risk,
        bad_runs=before.bad_runs + 1,
        good_runs=0,
        last_bad_at=now,
        last_bad_window_end=max(before.last_bad_window_end, observation.window_end),
    )
    if after.state is State.PENDING:
        if after.bad_runs < policy.fire_after_runs:
            return after, None
        return _told(replace(after, state=State.OPEN, opened_at=now), Kind.OPENED, now)
    return _while_open(after, now, policy)


def _while_open(after: Incident, now: datetime, policy: Policy) -> tuple[Incident, Kind | None]:
    if after.is_snoozed(now):
        return after, None
    if SEVERITIES.index(after.severity) > SEVERITIES.index(after.told_severity):
        return _told(_awake(after), Kind.WORSE, now)
    if after.snoozed_until is not None:
        return _told(_awake(after), Kind.STILL_FAILING, now)
    is_due = (
        policy.remind_after is not None
        and after.told_at is not None
        and now - after.told_at >= policy.remind_after
    )
    if is_due and after.acknowledged_at is None:
        return _told(after, Kind.STILL_FAILING, now)
    return after, None


def _after_good(
    before: Incident, observation: Observation, now: datetime, policy: Policy
) -> tuple[Incident | None, Kind | None]:
    if before.state is State.PENDING:
        return None, None
    if observation.window_end < before.last_bad_window_end:
        return before, None  # an older day being fine says nothing about the failing one
    after = replace(before, good_runs=before.good_runs + 1)
    if after.good_runs < policy.resolve_after_runs:
        return after, None
    return replace(after, state=State.RESOLVED, resolved_at=now, told_at=now), Kind.RESOLVED


def _told(incident: Incident, kind: Kind, now: datetime) -> tuple[Incident, Kind]:
    return replace(incident, told_at=now, told_severity=incident.severity), kind


def _awake(incident: Incident) -> Incident:
    return replace(incident, snoozed_until=None, snoozed_by="", snooze_reason="")


def _absent(
    open_incidents: Mapping[Key, Incident],
    observations: Sequence[Observation],
    active: Set[Key],
    silent: Mapping[str, Key],
    measured_until: date | None,
) -> list[Incident]:
    """Return what this run has no row for though it could have, and no root cause says why."""
    if measured_until is None:
        return []
    seen = {observation.key for observation in observations}
    explained = _roots(open_incidents, active, silent)
    return [
        incident
        for key, incident in open_incidents.items()
        if key not in seen
        and key not in explained
        and incident.last_bad_window_end <= measured_until
    ]


def _after_absence(before: Incident, now: datetime, policy: Policy) -> Incident | None:
    after = replace(before, absent_runs=before.absent_runs + 1)
    if after.absent_runs < policy.close_absent_after_runs:
        return after
    if before.state is State.PENDING:
        return None
    return replace(after, state=State.RESOLVED, resolved_at=now, told_at=now)


def _active(
    open_incidents: Mapping[Key, Incident], observations: Sequence[Observation], policy: Policy
) -> frozenset[Key]:
    """Return what is bad, or was and is not known to be over."""
    return frozenset(
        observation.key
        for observation in observations
        if _is_bad(observation, policy) or _is_held_open(open_incidents, observation)
    )


def _roots(keys: Iterable[Key], active: Set[Key], silent: Mapping[str, Key]) -> dict[Key, Key]:
    """Map each fingerprint that another one explains to that root cause."""
    roots = {}
    for key in keys:
        root = next((silent[name] for name in sorted(_needed_sources(key)) if name in silent), None)
        if root is None and key.dimension != ALL and Key(key.check_id) in active:
            root = Key(key.check_id)
        if root is not None and root != key:
            roots[key] = root
    return roots


def _is_held_open(open_incidents: Mapping[Key, Incident], observation: Observation) -> bool:
    incident = open_incidents.get(observation.key)
    is_open = incident is not None and incident.state is State.OPEN
    return is_open and observation.status != "pass"


def _silent_sources(active: Iterable[Key], failed_loads: frozenset[str]) -> dict[str, Key]:
    """Map each source that delivered nothing usable to the fingerprint that says so."""
    silent = {}
    for key in sorted(active):
        root_cause, of_all = check_named(key.check_id).root_cause, Key(key.check_id)
        if root_cause == "silent_source" and key != of_all:
            silent[source_of(key.dimension)] = of_all if of_all in active else key
        if root_cause == "refused_file" and key == of_all:
            silent.update(dict.fromkeys(failed_loads, key))
    return silent


def _needed_sources(key: Key) -> frozenset[str]:
    """Return the sources whose missing rows can cause this; a leak in rows that came is true."""
    needed = check_named(key.check_id).needs
    source = source_of(key.dimension)
    return needed & {source} if source else needed
