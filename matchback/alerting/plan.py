"""From the check results of a run to incidents and outbox rows, in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from matchback.alerting import store
from matchback.alerting.message import Line
from matchback.alerting.settings import AlertSettings
from matchback.alerting.states import (
    ALL,
    RUN_INCOMPLETE,
    STATUSES_WORST_FIRST,
    Advance,
    Incident,
    Key,
    Kind,
    Notice,
    Observation,
    State,
    advance,
)
from matchback.core.clock import Clock
from matchback.quality.checks import check_named
from matchback.warehouse.base import Warehouse, fetch

MAX_CURRENCIES = 3
STAGES_AFTER_PUBLICATION = frozenset({"alert", "report"})


@dataclass(frozen=True)
class AlertSummary:
    """What a run changed among the incidents, and how many notices it queued."""

    opened: int = 0
    worse: int = 0
    still_failing: int = 0
    resolved: int = 0
    open_incidents: int = 0
    queued: int = 0


@dataclass(frozen=True)
class Result:
    """One row of marts.fct_check_results."""

    check_id: str
    surface: str | None
    event_date: date | None
    dimension: str | None
    value: float | None
    numerator: int | None
    denominator: int | None
    status: str
    window_end: date
    threshold_kind: str


@dataclass(frozen=True)
class MoneyAtRisk:
    """The money at risk of the findings of one check, dimension, dataset and currency."""

    check_id: str
    dimension: str | None
    dataset_id: str | None
    currency: str | None
    amount: Decimal


def plan_alerts(
    warehouse: Warehouse, run_id: str, settings: AlertSettings, clock: Clock
) -> AlertSummary:
    """Hold the run's rows of marts.fct_check_results against the open incidents.

    Writes incidents and outbox rows; call it inside the transaction that stores the results.
    """
    results = fetch(
        warehouse,
        Result,
        "select check_id, surface, event_date, dimension, value, numerator, denominator, status, "
        "window_end, threshold_kind from marts.fct_check_results where run_id = ?",
        [run_id],
    )
    money = _money_at_risk(warehouse, run_id)
    observations = _observations(results, money)
    measured_until = results[0].window_end if results else None
    if measured_until:
        # Whatever its dates, a run that completes says that runs can.
        observations.append(Observation(Key(RUN_INCOMPLETE), "pass", date.max))
    failed_loads = _failed_loads(warehouse, run_id)
    return _apply(warehouse, run_id, observations, failed_loads, settings, clock, measured_until)


def plan_incomplete(
    warehouse: Warehouse, run_id: str, stage: str, settings: AlertSettings, clock: Clock
) -> AlertSummary:
    """Open (or keep open) the incident of a run that could not complete; the same transaction rule.

    It resolves with the next run that completes.
    """
    observation = Observation(
        Key(RUN_INCOMPLETE), "fail", clock.now.date(), evidence=_where_it_stopped(stage)
    )
    return _apply(warehouse, run_id, [observation], (), settings, clock)


def _where_it_stopped(stage: str) -> str:
    if stage == "audit":
        return "the integrity audit failed; published tables are unchanged"
    is_published = stage in STAGES_AFTER_PUBLICATION
    tables = "the run's tables are published" if is_published else "published tables are unchanged"
    return f"stopped at step '{stage}'; {tables}"


def _apply(
    warehouse: Warehouse,
    run_id: str,
    observations: Sequence[Observation],
    failed_loads: Iterable[str],
    settings: AlertSettings,
    clock: Clock,
    measured_until: date | None = None,
) -> AlertSummary:
    before = {
        incident.key: incident
        for incident in store.load_incidents(warehouse, (State.PENDING, State.OPEN))
    }
    change = advance(
        before, observations, failed_loads, run_id, clock.now, settings.policy, measured_until
    )
    store.forget_incidents(warehouse, change.forgotten)
    store.save_incidents(warehouse, change.changed)
    queued = 0
    if settings.has_channel:
        queued = _queue(warehouse, run_id, before, observations, change, settings, clock.now)
    return _summary(before, change, queued)


def _queue(
    warehouse: Warehouse,
    run_id: str,
    before: Mapping[Key, Incident],
    observations: Sequence[Observation],
    change: Advance,
    settings: AlertSettings,
    now: datetime,
) -> int:
    """Append to the outbox what people have to hear, and return how many lines that is."""
    failing = {observation.key for observation in observations if observation.status == "fail"}
    untold = [
        Notice(Kind.OPENED, incident)
        for incident in _after(before, change)
        if incident.state is State.OPEN and incident.key in failing
    ]
    concerned = {notice.incident.incident_id for notice in (*change.notices, *untold)}
    openings = store.openings(warehouse, concerned)
    notices = _tellable(change.notices, untold, openings)
    position = store.next_position(warehouse)
    rows = [
        _stored(notice, run_id, position + index, settings, now)
        for index, notice in enumerate(notices)
    ]
    store.queue(warehouse, rows, now)
    return len(rows)


def _tellable(
    notices: Sequence[Notice], untold: Sequence[Notice], openings: Mapping[str, store.Opening]
) -> list[Notice]:
    """Drop what nobody can understand without the opening message, and open what nobody heard of.

    A reminder waits while the opening itself is still in the outbox. An incident that opened while
    no channel was configured is opened now; one that also ended before that is never told.
    """
    told = []
    for notice in notices:
        opening = openings.get(notice.incident.incident_id)
        if notice.kind is Kind.OPENED:
            told.append(notice)
        elif opening is None or (
            notice.kind is Kind.STILL_FAILING and opening.status != "delivered"
        ):
            continue
        else:
            told.append(notice)
    opened = {notice.incident.incident_id for notice in told}
    return told + [
        notice for notice in untold if notice.incident.incident_id not in openings.keys() | opened
    ]


def _after(before: Mapping[Key, Incident], change: Advance) -> list[Incident]:
    changed = {incident.key: incident for incident in change.changed}
    return list({**before, **changed}.values())


def _stored(
    notice: Notice, run_id: str, position: int, settings: AlertSettings, now: datetime
) -> store.StoredNotice:
    incident = notice.incident
    check_id, dimension = incident.check_id, incident.dimension
    owner = settings.owner_of(check_id, incident.surface, dimension)
    is_over = notice.kind is Kind.RESOLVED
    line = Line(
        kind=notice.kind,
        incident_id=incident.incident_id,
        severity=incident.severity,
        check_id=check_id,
        dimension=dimension,
        owner=owner,
        evidence=notice.reason if is_over else incident.evidence,
        money_at_risk="" if is_over else incident.money_at_risk,
        since="" if is_over else f"{incident.opened_at:%Y-%m-%d %H:%M} UTC",
        lasted=spoken(now - incident.opened_at) if is_over else "",
        effects=notice.effects,
        dimensions=notice.dimensions,
    )
    return store.StoredNotice(
        notice_id=f"{incident.incident_id}:{notice.kind}:{position}",
        incident_id=incident.incident_id,
        run_id=run_id,
        position=position,
        kind=notice.kind,
        channel=settings.channel_of(check_id, incident.surface, owner),
        payload=line.as_json(),
    )


def spoken(duration: timedelta) -> str:
    """Say a duration in its two largest units."""
    minutes = max(0, int(duration.total_seconds()) // 60)
    days, hours, minutes = minutes // 1_440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _observations(results: Sequence[Result], money: Mapping[Key, str]) -> list[Observation]:
    """Return one observation per fingerprint: its worst row, and of equals the latest date."""
    worst: dict[Key, Result] = {}
    for result in sorted(results, key=_worst_and_latest_first):
        worst.setdefault(_key(result.check_id, result.dimension), result)
    return [
        Observation(
            key=key,
            status=result.status,
            window_end=result.window_end,
            surface=result.surface or "",
            evidence=_evidence(result),
            money_at_risk=money.get(key, ""),
        )
        for key, result in worst.items()
    ]


def _worst_and_latest_first(result: Result) -> tuple[int, int]:
    latest = result.event_date.toordinal() if result.event_date else 0
    return (STATUSES_WORST_FIRST.index(result.status), -latest)


def _key(check_id: str, dimension: str | None) -> Key:
    dimension = dimension or ALL
    parts = dict(part.split("=", 1) for part in dimension.split(",") if "=" in part)
    return Key(check_id, parts.get("dataset_id", ""), dimension)


def _evidence(result: Result) -> str:
    value, numerator, denominator = result.value, result.numerator, result.denominator
    when = f" on {result.event_date}" if result.event_date else ""
    if own_words := check_named(result.check_id).evidence:
        return own_words.format(count=f"{numerator or 0:,}")
    if result.threshold_kind == "status":
        return f"{numerator:,} counted, {denominator:,} expected{when}" if denominator else ""
    if value is not None and denominator and result.threshold_kind != "zero":
        return f"{value:.3g} ({numerator or 0:,} of {denominator:,}){when}"
    if numerator is not None:
        return f"{numerator:,} found{when}"
    return "" if value is None else f"{value:.3g}{when}"


def _money_at_risk(warehouse: Warehouse, run_id: str) -> dict[Key, str]:
    """Return the money at risk per fingerprint, largest amount first, never mixing currencies."""
    rows = fetch(
        warehouse,
        MoneyAtRisk,
        "select check_id, dimension, dataset_id, currency, sum(value_at_risk) as amount "
        "from marts.fct_findings where run_id = ? and value_at_risk > 0 "
        "group by check_id, dimension, dataset_id, currency",
        [run_id],
    )
    amounts: dict[Key, dict[str, Decimal]] = {}
    for row in rows:
        keys = {Key(row.check_id), _key(row.check_id, row.dimension)}
        if row.dataset_id:
            keys.add(_key(row.check_id, f"dataset_id={row.dataset_id}"))
        for key in keys:
            by_currency = amounts.setdefault(key, {})
            currency = row.currency or ""
            by_currency[currency] = by_currency.get(currency, Decimal(0)) + Decimal(row.amount)
    return {key: _money(by_currency) for key, by_currency in amounts.items()}


def _money(by_currency: Mapping[str, Decimal]) -> str:
    largest = sorted(by_currency.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{amount:,.2f} {currency}".strip() for currency, amount in largest[:MAX_CURRENCIES]]
    return " + ".join(shown) + (" + more" if len(largest) > MAX_CURRENCIES else "")


def _failed_loads(warehouse: Warehouse, run_id: str) -> set[str]:
    """Return the sources of which this run refused a file."""
    rows = warehouse.rows(
        "select distinct source from marts.fct_findings where run_id = ? and defect = 'refused'",
        [run_id],
    )
    return {row["source"] for row in rows}


def _summary(before: Mapping[Key, Incident], change: Advance, queued: int) -> AlertSummary:
    counts = {kind: sum(notice.kind is kind for notice in change.notices) for kind in Kind}
    return AlertSummary(
        opened=counts[Kind.OPENED],
        worse=counts[Kind.WORSE],
        still_failing=counts[Kind.STILL_FAILING],
        resolved=counts[Kind.RESOLVED],
        open_incidents=sum(incident.state is State.OPEN for incident in _after(before, change)),
        queued=queued,
    )
