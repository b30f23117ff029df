"""The state of a world while it is generated: visitors, browser rows, attempts, orders, consent."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from matchback.simulator.columns import Array, Table
from matchback.simulator.events import SITE
from matchback.simulator.options import WorldOptions
from matchback.simulator.people import Person, documented_hashes, invent_person, sha256

MICROS = 1_000_000
REMOVED = None

FieldPath = tuple[str, ...]


class Calendar:
    """Dates of microsecond times in the property's time zone."""

    def __init__(self, options: WorldOptions) -> None:
        first = options.start - timedelta(days=3)
        self._days = [first + timedelta(days=offset) for offset in range(options.days + 7)]
        self._midnights = np.array(
            [self.midnight(day, options) for day in self._days], dtype=np.int64
        )

    @staticmethod
    def midnight(day: date, options: WorldOptions) -> int:
        """Return the UTC microsecond at which a date begins in the property's zone."""
        local = datetime(day.year, day.month, day.day, tzinfo=options.zone)
        return int(local.astimezone(UTC).timestamp()) * MICROS

    def positions(self, at: Array) -> Array:
        """Return for each time the number of its date in this calendar."""
        position: Array = np.searchsorted(self._midnights, at, side="right") - 1
        return position

    def position(self, day: date) -> int:
        """Return the number of a date in this calendar."""
        return self._days.index(day)

    def day(self, position: int) -> date:
        """Return the date with a number."""
        return self._days[position]

    def date_of(self, at: int) -> date:
        """Return the date of one time."""
        return self._days[int(self.positions(np.asarray(at)))]

    def micros_from_midnight(self, at: Array) -> Array:
        """Return how far each time is from the nearest midnight."""
        position = self.positions(at)
        distance: Array = np.minimum(
            at - self._midnights[position], self._midnights[position + 1] - at
        )
        return distance


@dataclass
class Decision:
    """One row of the consent log; None means no choice."""

    at: int
    visitor: int
    with_user: bool
    jurisdiction: str
    gpc: bool
    analytics: bool | None
    marketing: bool | None
    action: str = "given"
    notice_version: str | None = "2026-01"


@dataclass
class Gate:
    """What the consent gateway did with one browser event."""

    analytics: bool | None
    marketing: bool | None
    meta_basis: str = "marketing"
    meta_reason: str | None = "marketing_denied"
    ga4_blocked: bool = False
    extra_fields: dict[str, list[str]] = field(default_factory=dict)


@dataclass
class ClientPatch:
    """What a leak changed about one browser row beyond its columns."""

    event_name: str | None = None
    params: dict[str, str | int | float | None] = field(default_factory=dict)
    user_properties: dict[str, str] = field(default_factory=dict)
    gateway_user: dict[str, str] | None = None


@dataclass
class World:
    """Everything the writers write; leaks change it in place."""

    options: WorldOptions
    calendar: Calendar
    visitors: Table
    client: Table
    server: Table
    orders: Table
    decisions: list[Decision]
    gates: dict[int, Gate] = field(default_factory=dict)
    over_blocked: set[int] = field(default_factory=set)
    client_patches: dict[int, ClientPatch] = field(default_factory=lambda: defaultdict(ClientPatch))
    payload_patches: dict[int, dict[FieldPath, object]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    contact_patches: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    column_changes: dict[date, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    bad_lines: dict[date, int] = field(default_factory=dict)
    _people: dict[int, Person] = field(default_factory=dict)
    _hashes: dict[int, dict[str, str]] = field(default_factory=dict)

    def person(self, visitor: int) -> Person:
        """Return the invented person behind a visitor."""
        if visitor not in self._people:
            self._people[visitor] = invent_person(
                visitor + 1, self.visitors["country"][visitor], self.visitors["region"][visitor]
            )
        return self._people[visitor]

    def hashes(self, visitor: int) -> dict[str, str]:
        """Return the customer-information keys of a visitor as Meta documents them."""
        if visitor not in self._hashes:
            customer = sha256(customer_id(visitor).lower())
            known = documented_hashes(self.person(visitor)) | {"external_id": customer}
            self._hashes[visitor] = known
        return self._hashes[visitor]

    def jurisdiction(self, visitor: int) -> str:
        """Return the consent regime that a visitor falls under."""
        return jurisdiction_of(self.visitors, visitor)

    def first_decision(self, visitor: int) -> Decision:
        """Return the first choice that the consent log holds of a visitor."""
        return next(entry for entry in self.decisions if entry.visitor == visitor)

    def gate(self, client_row: int) -> Gate:
        """Return the gateway's decision about a browser event; by default what GA4 says."""
        if client_row not in self.gates:
            choice = {"Yes": True, "No": False, None: None}
            analytics = choice[self.client["analytics"][client_row]]
            marketing = choice[self.client["ads"][client_row]]
            self.gates[client_row] = Gate(
                analytics=analytics, marketing=marketing, ga4_blocked=analytics is False
            )
        return self.gates[client_row]

    def in_export(self) -> Array:
        """Return which browser rows happened and reached the GA4 export."""
        return self.client["alive"] & self.client["exported"]

    def date_of_client(self, row: int) -> date:
        """Return the date of a browser row."""
        return self.calendar.date_of(int(self.client["at"][row]))


def customer_id(visitor: int) -> str:
    """Return the shop's number of a customer."""
    return f"C{visitor + 1}"


def jurisdiction_of(visitors: Table, visitor: int) -> str:
    """Return the consent regime of a visitor's country and state."""
    country, region = visitors["country"][visitor], visitors["region"][visitor]
    if country == "US":
        return f"US-{region}"
    return "GB" if country == "GB" else f"EU-{country}"


def page_url(path: str) -> str:
    """Return an address of the shop."""
    return f"{SITE}{path}"
