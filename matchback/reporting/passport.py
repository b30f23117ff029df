"""The passport of one event: every hop it took or missed, told in plain words.

Point lookups only: narrow scans find the event and its date; all else is read near that date.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from matchback.core.errors import ExitCode, MatchbackError
from matchback.quality.checks import check_named
from matchback.reporting import figures, words
from matchback.reporting.query import query
from matchback.warehouse.base import Warehouse

NEAR = timedelta(days=3)
REQUEST_CAP = 5
CANONICAL_ID = re.compile(r"[a-z_]+:[0-9a-f]{64}")
MATCH_WORDS = {
    "event_id": "by the same event id",
    "order_id": "by the same order id",
    "canonical_id": "by the same journey and time only, so probably",
}
OUTCOME_WORDS = {
    "accepted": "accepted",
    "rejected": "rejected",
    "blocked": "not sent, blocked by the consent gateway",
    "unknown": "sent, no answer logged",
}
ERROR_WORDS = {
    "permanent": "permanent: the payload must be corrected",
    "retry": "passing: a retry heals it",
    "transient": "passing: a retry heals it",
    "auth": "token or permission refused: its owner must act",
    "config": "dataset or permission wrong: its owner must act",
}
CONSENT_WORDS = {"Yes": "granted", "No": "denied", None: "not recorded"}


class NotFoundError(MatchbackError):
    """No published event, order or journey has this id."""

    exit_code = ExitCode.BAD_USAGE


@dataclass(frozen=True)
class EventKey:
    """Date and key of a reconciled event."""

    event_date: date
    reconciled_event_id: str


@dataclass(frozen=True)
class Event(EventKey):
    """One reconciled event."""

    canonical_event: str
    dataset_id: str
    canonical_id: str | None
    order_id: str | None
    client_event_id: str | None
    server_event_id: str | None
    in_client: bool
    in_server: bool
    in_crm: bool
    match_method: str | None
    crm_match_method: str | None
    status: str
    reasons: str | None
    client_at: datetime | None
    server_received_at: datetime | None
    crm_at: datetime | None
    seconds_apart: float | None
    client_value: Decimal | None
    client_currency: str | None
    server_value: Decimal | None
    server_currency: str | None
    crm_value: Decimal | None
    crm_currency: str | None
    client_event_name: str | None
    server_outcome: str | None
    is_denied: bool
    is_final: bool


@dataclass(frozen=True)
class Delivery:
    """One delivery decision or attempt."""

    delivered_at: datetime | None
    destination: str
    source_format: str
    request_id: str | None
    event_name: str | None
    event_id: str | None
    outcome: str | None
    error_class: str | None
    error_code: int | None
    error_subcode: int | None
    http_status: int | None
    is_test: bool
    effective_consent: str | None
    consent_evidence: str | None
    jurisdiction: str | None
    gpc: bool | None
    required_tier: str | None
    policy_decision: str | None
    policy_reason: str | None
    is_violation: bool
    violation_reasons: str | None
    fields_sent: str | None
    fields_stripped: str | None
    block_reason: str | None


@dataclass(frozen=True)
class Identifiers:
    """How many identifiers of one type belong to a journey."""

    identifier_type: str
    identifier_count: int


@dataclass(frozen=True)
class ExportedRow:
    """Where GA4 exported an event, and with which consent."""

    file_name: str
    row_number: int
    export_kind: str
    ads_storage: str | None


@dataclass(frozen=True)
class OrderRow:
    """Where the CRM exported an order."""

    file_name: str
    row_number: int
    status: str | None


@dataclass(frozen=True)
class Finding:
    """One finding about an entity of an event."""

    check_id: str
    severity: str
    entity_type: str | None
    entity_id: str | None
    field_path: str | None
    defect: str | None
    evidence: str | None
    value_at_risk: Decimal | None
    currency: str | None

    @property
    def title(self) -> str:
        """Return the name of the check for people."""
        return check_named(self.check_id).title


@dataclass(frozen=True)
class Hop:
    """One station of an event: where, when, what happened, and from which row it is known."""

    station: str
    at: datetime | None
    is_seen: bool
    summary: str
    facts: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class EventPassport:
    """One reconciled event with its hops in time order, its verdict and its findings."""

    canonical_event: str
    dataset_id: str
    event_date: date
    order_id: str | None
    event_id: str | None
    canonical_id: str | None
    status: str
    verdict: str
    meaning: str
    reasons: list[str]
    match: str
    is_final: bool
    hops: list[Hop]
    findings: list[Finding]
    identifiers: list[Identifiers]


@dataclass(frozen=True)
class Passport:
    """All events behind one id, and the statements that show their rows."""

    identifier: str
    events: list[EventPassport]
    statements: list[str]


def find_passport(warehouse: Warehouse, identifier: str) -> Passport:
    """Look an event id, order id or canonical id up; NotFoundError when nothing has it."""
    wanted = identifier.strip()
    keys = _find_keys(warehouse, wanted)
    if not keys:
        raise NotFoundError(
            f"No event id, order id or journey {figures.masked(wanted)!r} is in the published "
            "tables; check the id, or run the dates it belongs to."
        )
    rows = [row for key in keys for row in query(warehouse, Event, "passport_events", vars(key))]
    rows.sort(key=lambda row: (row.event_date, row.dataset_id, row.reconciled_event_id))
    events = [_event_passport(warehouse, row) for row in rows]
    return Passport(figures.masked(wanted), events, list(_statements(rows)))


def _find_keys(warehouse: Warehouse, wanted: str) -> list[EventKey]:
    """Return date and key of the events of an id; the first hit narrows what is left to its dates.

    A canonical id is known by its form. Else cheapest first. Texts are read only where their digest
    fits, a column of small numbers: a warehouse of years holds gigabytes of ids.
    """
    keys = {"id": wanted, "digest": id_digest(wanted), **_order_keys(wanted)}
    span = {"first_date": date.min, "last_date": date.max}
    if CANONICAL_ID.fullmatch(wanted):
        return query(warehouse, EventKey, "passport_by_journey", {**keys, **span})
    found: dict[str, EventKey] = {}
    for lookup in ("passport_by_order", "passport_by_browser_id", "passport_by_server_id"):
        for row in query(warehouse, EventKey, lookup, {**keys, **span}):
            found[row.reconciled_event_id] = row
        if found:
            days = [row.event_date for row in found.values()]
            span = {"first_date": min(days) - NEAR, "last_date": max(days) + NEAR}
    return list(found.values())


def id_digest(identifier: str) -> int:
    """Return the number that the macro id_digest gives an id."""
    return int(hashlib.sha256(identifier.encode()).hexdigest()[:8], 16)


def _order_keys(order_id: str) -> dict[str, str]:
    """Return the spellings of an order id to look for: without case, with and without #."""
    key = order_id.strip().removeprefix("#").strip().lower()
    return {"order_key": key, "order_key_with_sign": f"#{key}"}


def _event_passport(warehouse: Warehouse, row: Event) -> EventPassport:
    near = {"first_date": row.event_date - NEAR, "last_date": row.event_date + NEAR}
    deliveries = query(warehouse, Delivery, "passport_deliveries", {**vars(row), **near})
    told = words.verdict_words(row.status)
    hops = [
        _browser_hop(warehouse, row, near),
        *[_delivery_hop(delivery, row) for delivery in deliveries],
        *([] if deliveries else [_silent_server_hop(row)]),
        _crm_hop(warehouse, row),
    ]
    return EventPassport(
        canonical_event=row.canonical_event,
        dataset_id=row.dataset_id,
        event_date=row.event_date,
        order_id=figures.masked(row.order_id) or None,
        event_id=figures.masked(row.client_event_id or row.server_event_id) or None,
        canonical_id=row.canonical_id,
        status=row.status,
        verdict=told.title,
        meaning=told.meaning,
        reasons=[reason for reason in (row.reasons or "").split(",") if reason],
        match=_match_words(row),
        is_final=bool(row.is_final),
        hops=sorted(hops, key=_in_time),
        findings=_findings(warehouse, row, deliveries, near),
        identifiers=_identifiers(warehouse, row.canonical_id),
    )


def _identifiers(warehouse: Warehouse, journey: str | None) -> list[Identifiers]:
    if not journey:
        return []
    keys = {"canonical_id": journey, "digest": id_digest(journey)}
    return query(warehouse, Identifiers, "passport_identifiers", keys)


def _in_time(hop: Hop) -> tuple[bool, str]:
    """Order by whole seconds, as a CRM has no finer ones; within one, browser before server."""
    return not hop.is_seen, f"{hop.at:%Y-%m-%dT%H:%M:%S}" if hop.at else ""


def _browser_hop(warehouse: Warehouse, row: Event, near: dict[str, date]) -> Hop:
    at = row.client_at
    if not row.in_client or at is None:
        return Hop("Browser (GA4)", None, False, "GA4 has no such event.")
    exported = query(
        warehouse,
        ExportedRow,
        "passport_browser_row",
        {**near, "event_timestamp": _micros(at), "event_name": row.client_event_name},
    )
    facts = [
        ("event", row.client_event_name or figures.NONE),
        ("event id", figures.masked(row.client_event_id) or "none"),
        ("value", figures.money(row.client_value, row.client_currency)),
    ]
    if exported:
        first = exported[0]
        facts += [
            ("ad consent", CONSENT_WORDS.get(first.ads_storage, first.ads_storage or "")),
            ("from", f"{first.file_name}, row {first.row_number} ({first.export_kind})"),
        ]
    denied = " Ad consent was denied." if row.is_denied else ""
    return Hop("Browser (GA4)", at, True, f"The browser reported it.{denied}", facts)


def _delivery_hop(delivery: Delivery, row: Event) -> Hop:
    outcome = _outcome(delivery.outcome)
    facts = [
        ("event", delivery.event_name or figures.NONE),
        ("event id", figures.masked(delivery.event_id) or "none"),
        *([("value", value)] if (value := _server_value(delivery, row)) else []),
        ("answer", _answer(delivery)),
        ("consent", _consent(delivery)),
        ("policy", _policy(delivery)),
        ("fields sent", _fields_sent(delivery)),
        ("fields stripped", (delivery.fields_stripped or "none").replace(",", ", ")),
        ("from", f"{delivery.source_format}, request {delivery.request_id or 'without id'}"),
    ]
    test = " as a test event" if delivery.is_test else ""
    violation = " It should not have been sent." if delivery.is_violation else ""
    station = f"Server to {delivery.destination}"
    return Hop(
        station, delivery.delivered_at, True, f"{outcome.capitalize()}{test}.{violation}", facts
    )


def _outcome(outcome: str | None) -> str:
    return OUTCOME_WORDS.get(outcome or "unknown", outcome or "unknown")


def _fields_sent(delivery: Delivery) -> str:
    listed = delivery.fields_sent or ("none" if delivery.outcome == "blocked" else "")
    return (listed or "not logged").replace(",", ", ")


def _server_value(delivery: Delivery, row: Event) -> str:
    is_reconciled = delivery.destination == "meta_capi" and row.in_server
    return figures.money(row.server_value, row.server_currency) if is_reconciled else ""


def _answer(delivery: Delivery) -> str:
    if delivery.outcome == "blocked":
        return f"blocked: {delivery.block_reason or 'no reason logged'}"
    parts = [f"HTTP {delivery.http_status}" if delivery.http_status else ""]
    if delivery.error_code is not None:
        subcode = f"/{delivery.error_subcode}" if delivery.error_subcode is not None else ""
        parts.append(f"error {delivery.error_code}{subcode}")
    if delivery.error_class:
        parts.append(ERROR_WORDS.get(delivery.error_class, delivery.error_class))
    return ", ".join(filter(None, parts)) or "none logged"


def _consent(delivery: Delivery) -> str:
    evidence = delivery.consent_evidence
    tier = delivery.required_tier or "no tier"
    text = f"{delivery.effective_consent or 'unknown'} for {tier}"
    text += f", known from {evidence.replace('_', ' ')}" if evidence else ""
    text += f", {delivery.jurisdiction}" if delivery.jurisdiction else ""
    return text + (", Global Privacy Control on" if delivery.gpc else "")


def _policy(delivery: Delivery) -> str:
    decision = delivery.policy_decision or "unknown"
    reason = delivery.violation_reasons or delivery.policy_reason
    return f"{decision} ({reason.replace('_', ' ')})" if reason else decision


def _silent_server_hop(row: Event) -> Hop:
    if row.in_server:
        outcome = _outcome(row.server_outcome)
        summary = f"{outcome.capitalize()}; its delivery records are no longer kept."
        return Hop("Server to Meta", row.server_received_at, True, summary)
    if row.is_denied:
        summary = "Nothing was sent, as ad consent was denied."
    else:
        summary = (
            "No delivery attempt was logged: it never left the server container, "
            "or nobody logged it."
        )
    return Hop("Server to Meta", None, False, summary)


def _crm_hop(warehouse: Warehouse, row: Event) -> Hop:
    if not row.in_crm:
        needed = "" if row.canonical_event == "purchase" else " Only purchases have one."
        return Hop("CRM", None, False, f"The CRM has no order for it.{needed}")
    facts = [
        ("order", figures.masked(row.order_id) or figures.NONE),
        ("value", figures.money(row.crm_value, row.crm_currency)),
        ("joined", _match_method(row.crm_match_method, "")),
    ]
    at = row.crm_at
    if at and row.order_id:
        span = {"first_moment": at - NEAR, "last_moment": at + NEAR}
        ordered = query(
            warehouse, OrderRow, "passport_crm_row", {**span, **_order_keys(row.order_id)}
        )
        if ordered:
            first = ordered[0]
            facts += [
                ("status", first.status or figures.NONE),
                ("from", f"{first.file_name}, row {first.row_number}"),
            ]
    return Hop("CRM", at, True, "The order is in the CRM.", facts)


def _match_method(method: str | None, unknown: str) -> str:
    return MATCH_WORDS.get(method or "", method or unknown)


def _match_words(row: Event) -> str:
    if row.in_client and row.in_server:
        how = _match_method(row.match_method, "in an unknown way")
        apart = row.seconds_apart
        gap = f", {figures.seconds(abs(apart))} apart" if apart is not None else ""
        return f"Browser and server matched {how}{gap}."
    if row.in_client:
        return "The browser event found no server event to match."
    if row.in_server:
        return "The server event found no browser event to match."
    return "Neither browser nor server reported it."


def _findings(
    warehouse: Warehouse, row: Event, deliveries: list[Delivery], near: dict[str, date]
) -> list[Finding]:
    prefix = f"{row.dataset_id}|{row.canonical_event}|"
    client_id = row.client_event_id or row.order_id
    entities = {
        "order_id": row.order_id,
        "client_event_id": row.client_event_id,
        "client_entity": f"{row.canonical_event}|{client_id}" if client_id else None,
        "server_entity": prefix + row.server_event_id if row.server_event_id else None,
        "server_order_entity": prefix + row.order_id if row.order_id else None,
    }
    found = query(warehouse, Finding, "passport_findings", {**near, **entities})
    requests = {f"{one.request_id}|{one.destination}": None for one in deliveries[:REQUEST_CAP]}
    for request in requests:
        parameters = {**vars(row), **near, "delivery_entity": request}
        found += query(warehouse, Finding, "passport_delivery_findings", parameters)
    return [
        replace(
            finding,
            entity_id=figures.masked(finding.entity_id),
            evidence=figures.masked(finding.evidence),
        )
        for finding in found
    ]


def _micros(at: datetime) -> int:
    return (at.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _statements(rows: list[Event]) -> Iterator[str]:
    """Yield the SQL that shows the rows behind the passport, for at most three events."""
    for row in rows[:3]:
        day, key = row.event_date, _quoted(row.reconciled_event_id)
        yield (
            "select * from marts.fct_reconciled_events "
            f"where event_date = date '{day}' and reconciled_event_id = {key};"
        )
        ids = {row.client_event_id: None, row.server_event_id: None}
        conditions = [f"event_id = {_quoted(name)}" for name in ids if name]
        if row.order_id:
            conditions.append(f"order_id = {_quoted(row.order_id)}")
        if conditions:
            yield (
                "select * from marts.fct_deliveries "
                f"where event_date between date '{day - NEAR}' and date '{day + NEAR}' "
                f"and ({' or '.join(conditions)});"
            )


def _quoted(text: str) -> str:
    return "'" + figures.masked(text).replace("'", "''") + "'"


def passport_document(passport: Passport) -> dict[str, object]:
    """Return the passport as plain JSON types, keys in a fixed order."""
    return {
        "status": "found",
        "exit_code": int(ExitCode.HEALTHY),
        "id": passport.identifier,
        "events": [_event_document(event) for event in passport.events],
        "sql": passport.statements,
    }


def _event_document(event: EventPassport) -> dict[str, object]:
    return {
        **vars(event),
        "event_date": event.event_date.isoformat(),
        "hops": [_hop_document(hop) for hop in event.hops],
        "findings": [
            {"check_id": finding.check_id, "title": finding.title, **asdict(finding)}
            for finding in event.findings
        ],
        "identifiers": {row.identifier_type: row.identifier_count for row in event.identifiers},
    }


def _hop_document(hop: Hop) -> dict[str, object]:
    return {
        "station": hop.station,
        "at": hop.at.isoformat() + "Z" if hop.at else None,
        "is_seen": hop.is_seen,
        "summary": hop.summary,
        **{name.replace(" ", "_"): value for name, value in hop.facts},
    }
