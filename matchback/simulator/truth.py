"""What a run must find in a world, counted from how the world was made, never by our SQL."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from matchback.core.clock import FINAL_AFTER_DAYS
from matchback.simulator.columns import is_given
from matchback.simulator.events import RECONCILED
from matchback.simulator.meta import ACCEPTED, CANONICAL_NAMES, META_NAMES
from matchback.simulator.options import WorldOptions
from matchback.simulator.world import MICROS, World

FINDING_CHECKS = (
    "duplicate_server",
    "event_id_missing",
    "event_id_reused",
    "timestamp_alignment",
    "event_name_consistency",
    "value_consistency",
    "crm_coverage_server",
    "crm_coverage_client",
    "ghost_conversion",
    "client_duplicate",
    "order_id_missing",
    "delivery_rejected",
    "customer_information",
    "action_source",
    "payload_contract",
    "test_event_in_production",
    "plain_pii",
    "hash_format",
    "hash_junk",
    "hash_mismatch",
    "hash_constant",
    "never_hash",
    "secret_in_log",
    "consent_violation",
    "over_blocked",
    "field_minimisation",
    "consent_desync",
    "consent_proof",
    "retention_overdue",
    "erasure_overdue",
    "canonical_id_missing",
    "canonical_id_conflict",
    "click_id_lost",
    "click_id_malformed",
    "schema_drift",
    "taxonomy",
    "load_completeness",
)
GATEWAY_CHECKS = frozenset(
    {"consent_violation", "over_blocked", "field_minimisation", "consent_desync", "consent_proof"}
)
DPO_CHECKS = frozenset({"retention_overdue", "erasure_overdue"})
ONE_FINDING_FAILS = frozenset(
    {
        "event_id_reused",
        "action_source",
        "test_event_in_production",
        "plain_pii",
        "hash_constant",
        "never_hash",
        "secret_in_log",
        "consent_violation",
        "field_minimisation",
        "consent_proof",
    }
)
NAMED_DEFECTS = frozenset(
    {"delivery_rejected", "hash_mismatch", "value_consistency", "consent_violation", "hash_format"}
)
INVALID_STATUSES = frozenset({"cancelled", "canceled", "voided", "deleted", "failed", "expired"})
ALIGNED_SECONDS = 300
MIN_N = 20
HIT_RATIO_BOUNDS = (0.5, 0.8, 1.2)
DEDUP_BOUNDS = (0.70, 0.90)
VALIDATED_EVENTS = (
    "page_view",
    "view_item",
    "add_to_cart",
    "begin_checkout",
    "purchase",
    "generate_lead",
)
MAJOR_EVENTS = (*VALIDATED_EVENTS, "sign_up")


@dataclass
class Truth:
    """Expected findings while a world is being made; leaks add theirs."""

    options: WorldOptions
    findings: Counter[str] = field(default_factory=Counter)
    defects: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    dates: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    breaking_drift: bool = False
    has_open_band: bool = False

    def expect(
        self, check_id: str, day: date | None, defect: str | None = None, count: int = 1
    ) -> None:
        """Count findings of a check; a date of None is one that the counting rules leave open."""
        self.findings[check_id] += count
        if day is not None:
            self.dates[check_id][day.isoformat()] += count
        if defect is not None:
            self.defects[check_id][defect] += count


@dataclass(frozen=True)
class ServerEvent:
    """One logical server event and what it was made from."""

    attempt: int
    is_accepted: bool
    client: int
    day: date
    canonical_event: str


@dataclass
class DayCounts:
    """Figures of one date and canonical event while they are summed."""

    client: int = 0
    consented: int = 0
    accepted: int = 0
    pairs: int = 0
    deduplicated: int = 0
    aligned: int = 0
    same_name: int = 0
    valued: int = 0
    equal_value: int = 0
    orders: int = 0
    orders_in_client: int = 0
    orders_due_server: int = 0
    orders_in_server: int = 0
    ghosts: int = 0


@dataclass(frozen=True)
class HealthRow:
    """The figures of one date and canonical event, named as the published table names them."""

    event_date: str
    canonical_event: str
    dataset_id: str
    client_count: int
    consented_client_count: int
    server_accepted_count: int
    hit_ratio: float | None
    hit_ratio_raw: float | None
    pairs: int
    dedup_rate: float | None
    aligned_rate: float | None
    name_consistency_rate: float | None
    value_match_rate: float | None
    crm_count: int | None
    crm_coverage_client: float | None
    crm_coverage_server: float | None
    ghost_count: int | None
    is_final: bool


def is_final(options: WorldOptions, day: date) -> bool:
    """Return whether three full days have passed since a date when the run pretends to happen."""
    return options.as_of_date >= day + timedelta(days=FINAL_AFTER_DAYS)


def describe(world: World, truth: Truth) -> dict[str, Any]:
    """Add what follows from the injected violations and return the document of truth.json."""
    counts: dict[tuple[str, str], DayCounts] = defaultdict(DayCounts)
    events = list(server_events(world))
    _count_clients(world, counts)
    _count_servers(world, events, counts)
    _count_orders(world, events, counts, truth)
    health = [_health_row(world, key, row) for key, row in sorted(counts.items())]
    statuses = _statuses(world, truth, health)
    options = world.options
    return {
        "scenario": options.scenario_name,
        "start": options.start.isoformat(),
        "end": options.end.isoformat(),
        "today": options.as_of_date.isoformat(),
        "timezone": options.timezone,
        "findings": {check_id: truth.findings[check_id] for check_id in FINDING_CHECKS},
        "defects": {
            check_id: dict(sorted(found.items()))
            for check_id, found in sorted(truth.defects.items())
            if check_id in NAMED_DEFECTS
        },
        "finding_dates": {
            check_id: dict(sorted(found.items()))
            for check_id, found in sorted(truth.dates.items())
            if sum(found.values()) == truth.findings[check_id]
        },
        "health": [asdict(row) for row in health],
        "statuses": statuses,
        "exit_codes": _exit_codes(truth, statuses),
        "rerun": False,
    }


def is_denied(world: World, client: int) -> bool:
    """Return whether a browser event was denied, by GA4 or by the gateway."""
    if world.client["ads"][client] == "No":
        return True
    gate = world.gates.get(client)
    return world.options.has_gateway and gate is not None and gate.marketing is False


def server_events(world: World) -> Iterator[ServerEvent]:
    """Yield the logical server events; test events stay apart."""
    server, client, in_export = world.server, world.client, world.in_export()
    attempts: dict[int, list[int]] = defaultdict(list)
    is_live = server["alive"] & ~is_given(server["test_code"])
    for attempt in np.flatnonzero(is_live).tolist():
        attempts[int(server["logical"][attempt])].append(attempt)
    for tries in attempts.values():
        accepted = [attempt for attempt in tries if server["status"][attempt] == ACCEPTED]
        attempt = accepted[0] if accepted else tries[-1]
        row = int(server["client"][attempt])
        if row >= 0 and in_export[row]:
            day, name = world.date_of_client(row), str(client["name"][row])
        else:
            row = -1
            day = world.calendar.date_of(int(server["event_time"][attempt]) * MICROS)
            name = CANONICAL_NAMES[server["event_name"][attempt]]
        yield ServerEvent(attempt, bool(accepted), row, day, name)


def _count_clients(world: World, counts: dict[tuple[str, str], DayCounts]) -> None:
    client = world.client
    is_logical = world.in_export() & np.isin(client["name"], RECONCILED) & (client["copy_of"] < 0)
    for row in np.flatnonzero(is_logical).tolist():
        counted = counts[world.date_of_client(row).isoformat(), client["name"][row]]
        counted.client += 1
        counted.consented += not is_denied(world, row)


def _count_servers(
    world: World, events: list[ServerEvent], counts: dict[tuple[str, str], DayCounts]
) -> None:
    server, client = world.server, world.client
    for event in events:
        if not event.is_accepted:
            continue
        counted = counts[event.day.isoformat(), event.canonical_event]
        counted.accepted += 1
        if event.client < 0:
            continue
        counted.pairs += 1
        has_same_name = server["event_name"][event.attempt] == META_NAMES[event.canonical_event]
        server_id = server["event_id"][event.attempt]
        has_same_id = server_id is not None and server_id == client["event_id"][event.client]
        counted.same_name += has_same_name
        counted.deduplicated += has_same_id and has_same_name
        apart = server["event_time"][event.attempt] * MICROS - client["at"][event.client]
        counted.aligned += abs(int(apart)) <= ALIGNED_SECONDS * MICROS
        if event.canonical_event == "purchase" and server["value"][event.attempt] >= 0:
            currency = server["currency"][event.attempt]
            difference = abs(server["value"][event.attempt] - client["value"][event.client])
            counted.valued += currency is not None
            counted.equal_value += bool(
                difference <= 1 and currency == client["currency"][event.client]
            )


def _count_orders(
    world: World,
    events: list[ServerEvent],
    counts: dict[tuple[str, str], DayCounts],
    truth: Truth,
) -> None:
    """Follow each order to both sides; coverage and ghost findings come from here."""
    orders, in_export, server = world.orders, world.in_export(), world.server
    of_client: dict[int, list[ServerEvent]] = defaultdict(list)
    for event in events:
        if event.canonical_event == "purchase" and server["client"][event.attempt] >= 0:
            of_client[int(server["client"][event.attempt])].append(event)
    known = set(orders["client"][orders["alive"]].tolist())
    for event in events:
        is_purchase = event.canonical_event == "purchase" and event.is_accepted
        if is_purchase and int(server["client"][event.attempt]) not in known - {-1}:
            counts[event.day.isoformat(), "purchase"].ghosts += 1
            if is_final(world.options, event.day):
                truth.expect("ghost_conversion", event.day)
    for order in np.flatnonzero(orders["alive"]).tolist():
        if orders["is_test"][order] or orders["status"][order] in INVALID_STATUSES:
            continue
        row = int(orders["client"][order])
        sent = of_client.get(row, [])
        is_in_client = bool(in_export[row])
        if is_in_client:
            day = world.date_of_client(row)
        elif sent:
            day = sent[0].day
        else:
            day = world.calendar.date_of(int(orders["ordered_at"][order]))
        counted = counts[day.isoformat(), "purchase"]
        counted.orders += 1
        counted.orders_in_client += is_in_client
        if not is_in_client:
            truth.expect("crm_coverage_client", day)
        if is_in_client and is_denied(world, row):
            continue
        counted.orders_due_server += 1
        if any(event.is_accepted for event in sent):
            counted.orders_in_server += 1
        else:
            truth.expect("crm_coverage_server", day)


def _ratio(numerator: int, denominator: int) -> float | None:
    return numerator / denominator if denominator else None


def _health_row(world: World, key: tuple[str, str], row: DayCounts) -> HealthRow:
    day, name = key
    final = is_final(world.options, date.fromisoformat(day))
    is_purchase = name == "purchase"
    return HealthRow(
        event_date=day,
        canonical_event=name,
        dataset_id=world.options.dataset_id,
        client_count=row.client,
        consented_client_count=row.consented,
        server_accepted_count=row.accepted,
        hit_ratio=_ratio(row.accepted, row.consented),
        hit_ratio_raw=_ratio(row.accepted, row.client),
        pairs=row.pairs,
        dedup_rate=_ratio(row.deduplicated, row.pairs),
        aligned_rate=_ratio(row.aligned, row.pairs),
        name_consistency_rate=_ratio(row.same_name, row.pairs),
        value_match_rate=_ratio(row.equal_value, row.valued) if is_purchase else None,
        crm_count=row.orders if is_purchase else None,
        crm_coverage_client=_ratio(row.orders_in_client, row.orders) if is_purchase else None,
        crm_coverage_server=(
            _ratio(row.orders_in_server, row.orders_due_server) if is_purchase else None
        ),
        ghost_count=row.ghosts if is_purchase and final else None,
        is_final=final,
    )


def _statuses(world: World, truth: Truth, health: list[HealthRow]) -> dict[str, str]:
    """Return the statuses that follow for certain; what depends on a band is left out."""
    statuses = {}
    left_out = DPO_CHECKS if world.options.has_gateway else DPO_CHECKS | GATEWAY_CHECKS
    for check_id in FINDING_CHECKS:
        if check_id in left_out:
            continue
        if not truth.findings[check_id]:
            statuses[check_id] = "pass"
        elif check_id in ONE_FINDING_FAILS:
            statuses[check_id] = "fail"
    if truth.findings["schema_drift"]:
        statuses["schema_drift"] = "fail" if truth.breaking_drift else "warn"
    statuses["hit_ratio"] = _worst(_hit_ratio_band(world, row) for row in health)
    statuses["dedup_rate"] = _worst(_dedup_band(row) for row in health)
    accepted = {row.canonical_event for row in health if row.server_accepted_count}
    if accepted.issuperset(MAJOR_EVENTS):
        statuses["major_events_present"] = "pass"
        statuses["test_events_validated"] = "pass"
    return {check_id: status for check_id, status in statuses.items() if status}


def _worst(bands: Iterator[str]) -> str:
    found = set(bands)
    order = ("fail", "warn", "pass", "insufficient_data")
    return next((band for band in order if band in found), "unknown")


def _hit_ratio_band(world: World, row: HealthRow) -> str:
    ratio, low, high = row.hit_ratio, *HIT_RATIO_BOUNDS[:2]
    if ratio is None or row.consented_client_count < MIN_N:
        return "insufficient_data"
    if ratio < low:
        return "fail"
    return "warn" if ratio < high or ratio > HIT_RATIO_BOUNDS[2] else "pass"


def _dedup_band(row: HealthRow) -> str:
    rate = row.dedup_rate
    if rate is None or row.pairs < MIN_N:
        return "insufficient_data"
    low, high = DEDUP_BOUNDS
    return "fail" if rate < low else "warn" if rate < high else "pass"


def _exit_codes(truth: Truth, statuses: dict[str, str]) -> list[int]:
    """Return the codes a run may end with: one where certain, both where a band decides."""
    if "fail" in statuses.values():
        return [1]
    has_open_band = truth.has_open_band or any(
        count and check_id not in statuses for check_id, count in truth.findings.items()
    )
    return [0, 1] if has_open_band else [0]
