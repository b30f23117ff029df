"""Leaks of consent: sent without a basis, blocked without need, undocumented."""

from dataclasses import replace

import numpy as np

from matchback.simulator.columns import Array
from matchback.simulator.events import ORDINARY, RECONCILED
from matchback.simulator.leaks.attempts import new_trace
from matchback.simulator.leaks.registry import GATEWAY, Injection, Leak
from matchback.simulator.meta import ACCEPTED, META_NAMES
from matchback.simulator.world import MICROS, Gate

SECOND = MICROS


def _blocked_rows(injection: Injection, *consents: str) -> Array:
    """Return ordinary browser rows that the gateway rightly blocked, by the visitor's choice."""
    client, visitors = injection.world.client, injection.world.visitors
    is_blocked = (
        client["alive"]
        & (client["ads"] == "No")
        & np.isin(client["name"], ORDINARY)
        & np.isin(visitors["consent"][client["visitor"]], consents)
        & injection.away_from_midnight()
    )
    return np.flatnonzero(is_blocked)


def _send_anyway(injection: Injection, row: int) -> None:
    """Add the accepted attempt that the gateway should have blocked."""
    world = injection.world
    server, client = world.server, world.client
    visitor = int(client["visitor"][row])
    name = META_NAMES[client["name"][row]]
    pattern = int(
        np.flatnonzero((server["event_name"] == name) & (server["status"] == ACCEPTED))[0]
    )
    sent_at = int(client["at"][row]) + SECOND
    first_at = int(world.visitors["first_at"][visitor])
    server.append_copy(
        pattern,
        client=row,
        visitor=visitor,
        logical=len(server),
        event_id=client["event_id"][row],
        event_time=sent_at // MICROS,
        received=sent_at + SECOND // 2,
        order_id=None,
        value=int(client["value"][row]),
        currency=client["currency"][row],
        url=client["url"][row],
        fbp=f"fb.1.{first_at // 1000}.{world.visitors['fbp_number'][visitor]}",
        fbc=None,
        is_first=True,
        alive=True,
        token=None,
        test_code=None,
        **new_trace(injection),
    )


@Leak("no_consent", "consent_violation", "Sent although marketing was denied.", formats=GATEWAY)
def no_consent(injection: Injection) -> None:
    for row in injection.choose(_blocked_rows(injection, "denied", "analytics_only")):
        _send_anyway(injection, row)
        injection.expect(row, "no_consent")


@Leak("gpc", "consent_violation", "Sent although GPC binds in that state.", formats=GATEWAY)
def gpc(injection: Injection) -> None:
    for row in injection.choose(_blocked_rows(injection, "gpc")):
        _send_anyway(injection, row)
        injection.expect(row, "gpc")


@Leak("withdrawn", "consent_violation", "Sent after consent was withdrawn.", formats=GATEWAY)
def withdrawn(injection: Injection) -> None:
    world = injection.world
    rows = _granted_ordinary(injection)
    is_fit = [_is_last_and_apart(injection, row) for row in rows.tolist()]
    for row in injection.choose(rows[np.array(is_fit, dtype=bool)]):
        visitor = int(world.client["visitor"][row])
        given = world.first_decision(visitor)
        world.decisions.append(
            replace(
                given,
                at=int(world.client["at"][row]) - SECOND,
                analytics=True,
                marketing=False,
                action="withdrawn",
            )
        )
        injection.expect(row, "withdrawn")


@Leak("pre_consent", "consent_violation", "Sent before the first choice.", formats=GATEWAY)
def pre_consent(injection: Injection) -> None:
    world = injection.world
    rows = _granted_ordinary(injection)
    is_fit = [_is_first_and_apart(injection, row) for row in rows.tolist()]
    for row in injection.choose(rows[np.array(is_fit, dtype=bool)]):
        visitor = int(world.client["visitor"][row])
        given = world.first_decision(visitor)
        given.at = int(world.server["received"][injection.attempt(row)]) + SECOND
        _without_choice(injection, row)
        injection.expect(row, "pre_consent")


@Leak("unknown_consent", "consent_violation", "Sent although no choice is known.", formats=GATEWAY)
def unknown_consent(injection: Injection) -> None:
    world = injection.world
    for row in injection.choose(_granted_ordinary(injection)):
        visitor = int(world.client["visitor"][row])
        world.decisions = [entry for entry in world.decisions if entry.visitor != visitor]
        _without_choice(injection, row)
        injection.expect(row, "unknown_consent")


@Leak("basis_mismatch", "consent_violation", "Sent on another tier's consent.", formats=GATEWAY)
def basis_mismatch(injection: Injection) -> None:
    for row in injection.choose(injection.ordinary()):
        injection.world.gate(row).meta_basis = "analytics"
        injection.expect(row, "basis_mismatch")


def _granted_ordinary(injection: Injection) -> Array:
    """Return delivered ordinary rows of visitors under opt-in who simply granted."""
    world = injection.world
    rows = injection.ordinary()
    visitor = world.client["visitor"][rows]
    is_granted = (world.visitors["consent"][visitor] == "granted") & (
        world.visitors["country"][visitor] != "US"
    )
    granted: Array = rows[is_granted]
    return granted


def _other_moments(injection: Injection, row: int) -> Array:
    """Return when the other reconciled rows of a row's visitor happened."""
    client = injection.world.client
    rows = np.flatnonzero((client["visitor"] == client["visitor"][row]) & client["alive"])
    rows = rows[np.isin(client["name"][rows], RECONCILED) & (rows != row)]
    moments: Array = client["at"][rows]
    return moments


def _is_last_and_apart(injection: Injection, row: int) -> bool:
    """Return whether nothing follows a row and all before it was received two seconds earlier."""
    at = injection.world.client["at"][row]
    return bool((_other_moments(injection, row) + 6 * SECOND < at).all())


def _is_first_and_apart(injection: Injection, row: int) -> bool:
    at = injection.world.client["at"][row]
    return bool((_other_moments(injection, row) > at + 6 * SECOND).all())


def _without_choice(injection: Injection, row: int) -> None:
    world = injection.world
    world.gates[row] = Gate(analytics=None, marketing=None, ga4_blocked=True)
    world.client["ads"][row] = None
    world.client["analytics"][row] = None


@Leak("over_blocked", "over_blocked", "Blocked although consent allows it.", formats=GATEWAY)
def over_blocked(injection: Injection) -> None:
    for row in injection.choose(injection.ordinary()):
        injection.world.server["alive"][injection.attempt(row)] = False
        injection.world.over_blocked.add(row)
        injection.expect(row)


@Leak(
    "field_minimisation",
    "field_minimisation",
    "A field sent that the destination's policy does not allow.",
    formats=GATEWAY,
)
def field_minimisation(injection: Injection) -> None:
    for number, row in enumerate(injection.choose(injection.ordinary())):
        destination, name = (("ga4", "em"), ("meta_capi", "session_id"))[number % 2]
        injection.world.gate(row).extra_fields[destination] = [name]
        injection.expect(row)


@Leak("consent_desync", "consent_desync", "GA4 and gateway disagree on consent.", formats=GATEWAY)
def consent_desync(injection: Injection) -> None:
    for number, row in enumerate(injection.choose(injection.ordinary())):
        injection.world.gate(row)
        injection.world.client["ads"][row] = "No" if number % 2 else None
        injection.expect(row)


@Leak(
    "consent_proof",
    "consent_proof",
    "A grant without notice version, or a block without reason.",
    formats=GATEWAY,
)
def consent_proof(injection: Injection) -> None:
    world = injection.world
    ordinary = injection.ordinary()
    blocked = _blocked_rows(injection, "denied", "analytics_only")
    wanted = injection.wanted(len(ordinary))
    has_decision = np.zeros(len(world.visitors), dtype=bool)
    for entry in world.decisions:
        is_in_window = injection.options.start <= world.calendar.date_of(entry.at)
        has_decision[entry.visitor] = is_in_window and bool(entry.marketing)
    documented = ordinary[has_decision[world.client["visitor"][ordinary]]]
    for number in range(wanted):
        if number % 2:
            (row,) = injection.choose(blocked, wanted=1)
            world.gate(row).meta_reason = None
            injection.expect(row)
            continue
        (row,) = injection.choose(documented, wanted=1)
        visitor = int(world.client["visitor"][row])
        given = world.first_decision(visitor)
        given.notice_version = None
        injection.truth.expect("consent_proof", world.calendar.date_of(given.at))
