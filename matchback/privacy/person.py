"""Who PERSON is: from one identifier to every row that names this person and nobody else."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from matchback.config import Config
from matchback.privacy.identifiers import (
    Collected,
    Named,
    Reading,
    customer_hash,
    readings_of,
)
from matchback.privacy.search import GA4, ORDERS, FoundRow, Records, RowKey
from matchback.sources.catalog import BY_NAME
from matchback.warehouse.base import Warehouse
from matchback.warehouse.dialects import dialect_of
from matchback.warehouse.tables import Identifier

# What names the person of a row; the first that the row holds decides.
NAMING: tuple[Identifier, ...] = ("customer_id", "email_hash", "phone_hash", "client_id")
WEAK: tuple[Identifier, ...] = ("order_id", "event_id", "click_id")
# A customer id with orders of so many e-mail addresses is an account that several persons share.
ADDRESSES_OF_AN_ACCOUNT = 3
MOST_ROUNDS = 20
META_BROWSER = "fb."


@dataclass(frozen=True)
class Shared:
    """An identifier that leads to others too: it was not followed."""

    type: Identifier
    other_persons: int
    rows_left: int


@dataclass
class Owner:
    """What is known to name one person, and the accounts that name several."""

    ids: Collected = field(default_factory=Collected.none)
    accounts: set[str] = field(default_factory=set)

    def owns(self, part: Collected) -> bool:
        """Say whether an event is this person's: what names its person does, or nothing else."""
        level = self.level_of(part)
        if level is None:
            return any(part.held[kind] & self.ids.held[kind] for kind in WEAK)
        return bool(self.named_by(part, level) & self._names(level))

    def level_of(self, part: Collected) -> Identifier | None:
        """Return the type of what names the person of an event."""
        return next((kind for kind in NAMING if self.named_by(part, kind)), None)

    def named_by(self, part: Collected, level: Identifier) -> frozenset[str]:
        """Return what names the person of an event at a level; shared accounts name nobody."""
        named = frozenset(part.held[level])
        return named - self.accounts if level == "customer_id" else named

    def _names(self, level: Identifier) -> set[str]:
        if level != "customer_id":
            return self.ids.held[level]
        # Platforms are sent the browser's id as the external id where there is no customer.
        browsers = {customer_hash(client) for client in self.ids.held["client_id"]}
        return self.ids.held[level] | browsers


@dataclass(frozen=True)
class Person:
    """The answer of the search: the person's identifiers and rows, and what was left alone."""

    owner: Owner
    rows: tuple[FoundRow, ...] = ()
    shared: tuple[Shared, ...] = ()
    notes: tuple[str, ...] = ()
    texts: frozenset[str] = frozenset()

    @property
    def requests(self) -> frozenset[str]:
        """The trace ids of requests that were about this person alone."""
        whole = [row.requests for row in self.rows if all(map(self.owner.owns, row.parts))]
        return frozenset[str]().union(*whole)


def find_person(warehouse: Warehouse, config: Config, person: str) -> Person:
    """Return what is held about a person; of nobody known, nothing."""
    named = readings_of(person, config.property.default_country)
    if not named.readings:
        return Person(Owner(), notes=named.notes)
    records = Records.of(warehouse, config)
    return _Search(records, _with_browsers(warehouse, named)).run()


def _with_browsers(warehouse: Warehouse, named: Named) -> Named:
    """Read the hash of a browser id, as journeys are called, as the browsers it stands for."""
    hashes = [
        value
        for one in named.readings
        for value in one.values
        if one.kind == "client_id" and len(value) == 64
    ]
    if not hashes:
        return named
    dialect = dialect_of(warehouse)
    rows = warehouse.rows(
        f"select distinct user_pseudo_id from {GA4} where {BY_NAME[GA4].on_every_date} "
        f"and {dialect.is_among(dialect.sha256('user_pseudo_id'), 'hashes')}",
        {"hashes": hashes},
    )
    clients = frozenset(row["user_pseudo_id"] for row in rows)
    found = (Reading("client_id", clients, frozenset()),) if clients else ()
    return Named((*found, *named.readings), named.notes)


class _Search:
    """The rows found so far, by the identifiers that they hold."""

    def __init__(self, records: Records, named: Named) -> None:
        self._records = records
        self._named = named
        self._notes = list(named.notes)
        self._rows: dict[RowKey, FoundRow] = {}
        self._holding: dict[tuple[Identifier, str], dict[RowKey, FoundRow]] = {}
        self._asked = Collected.none()
        self._shared: dict[tuple[Identifier, str], int] = {}
        self._owner = Owner()
        self._seed = Collected.none()

    def run(self) -> Person:
        """Follow identifiers until nothing new is found."""
        self._choose_reading()
        wanted = _copy(self._seed)
        for _ in range(MOST_ROUNDS):
            self._fetch(wanted)
            self._set_accounts(wanted)
            before = self._owner.ids
            wanted.join(self._judge(wanted))
            for row in self._rows.values():
                for part in row.parts:
                    if self._owner.owns(part):
                        wanted.join(part)
            wanted.held["customer_id"] -= self._owner.accounts
            if not self._grows(wanted) and before.held == self._owner.ids.held:
                break
        rows = [
            row for row in self._rows.values() if any(self._owner.owns(part) for part in row.parts)
        ]
        return Person(
            self._owner,
            tuple(
                sorted(rows, key=lambda row: (row.key.table, row.key.file_name, row.key.row_number))
            ),
            self._told(),
            tuple(self._notes),
            frozenset(self._seed.texts),
        )

    def _choose_reading(self) -> None:
        """Take the surest reading that finds rows; tell of others that find further ones."""
        everything = Collected.none()
        for reading in self._named.readings:
            everything.join(_of_reading(reading))
        self._fetch(everything)
        chosen: Reading | None = None
        for reading in self._named.readings:
            seed = _of_reading(reading)
            rows = {row.key for row in self._rows.values() if any(map(seed.meets, row.parts))}
            if not rows:
                continue
            if chosen is None:
                chosen, self._seed, taken = reading, seed, rows
            elif rows - taken:
                self._notes.append(
                    f"It is taken as {chosen.kind}; {len(rows - taken)} rows hold it as "
                    f"{reading.kind}: give {reading.kind}:VALUE to look for these."
                )
        if chosen is None:
            # What is kept longer than the records may still know the surest reading.
            for reading in self._named.readings:
                self._seed.join(_of_reading(reading))
        found, self._rows, self._holding = self._rows, {}, {}
        for row in found.values():
            if any(map(self._seed.meets, row.parts)):
                self._keep(row)
        self._asked = _copy(self._seed)

    def _fetch(self, wanted: Collected) -> None:
        fresh = _copy(wanted)
        for kind, values in fresh.held.items():
            values -= self._asked.held[kind]
        if not fresh:
            return
        for row in self._records.rows_with(fresh):
            self._keep(row)
        self._asked.join(fresh)

    def _keep(self, row: FoundRow) -> None:
        self._rows[row.key] = row
        for part in row.parts:
            for identifier in part:
                self._holding.setdefault(identifier, {})[row.key] = row

    def _grows(self, wanted: Collected) -> bool:
        return any(values - self._asked.held[kind] for kind, values in wanted.held.items())

    def _set_accounts(self, wanted: Collected) -> None:
        """Tell accounts of several persons, such as a shop's one id for all guests."""
        for customer in sorted(wanted.held["customer_id"] - self._owner.accounts):
            addresses = _groups(
                part.held["email_hash"]
                for row in self._with("customer_id", customer)
                if row.key.table == ORDERS
                for part in row.parts
            )
            mine = self._owner.ids.held["email_hash"] | self._seed.held["email_hash"]
            others = [group for group in addresses if not group & mine]
            is_seed = customer in self._seed.held["customer_id"]
            is_account = (
                len(addresses) >= ADDRESSES_OF_AN_ACCOUNT
                if is_seed
                else bool(others) and len(addresses) > 1
            )
            if is_account:
                self._owner.accounts.add(customer)
                self._owner.ids.held["customer_id"].discard(customer)
                wanted.held["customer_id"].discard(customer)
                self._shared["customer_id", customer] = len(others)

    def _judge(self, wanted: Collected) -> Collected:
        """Split what was asked for: what names this person alone, and what leads to others.

        Returns whom else it leads to where that may be this person: to be judged in its turn.
        """
        likely = Collected.none()
        self._shared = {
            one: count for one, count in self._shared.items() if one[1] in self._owner.accounts
        }
        mine = Collected.none()
        mine.texts |= wanted.texts
        for kind in (*NAMING, *WEAK):
            for value in sorted(wanted.held[kind]):
                others = self._others(kind, value)
                if not others:
                    mine.held[kind].add(value)
                elif not self._may_be_the_person(kind, value, others, likely):
                    self._shared[kind, value] = sum(len(groups) for groups in others.values())
        self._owner.ids = mine
        return likely

    def _others(self, kind: Identifier, value: str) -> dict[Identifier, list[set[str]]]:
        """Return who else is named by the rows that hold an identifier."""
        named: dict[Identifier, list[frozenset[str]]] = {level: [] for level in NAMING}
        for row in self._with(kind, value):
            for part in row.parts:
                level = self._owner.level_of(part)
                if (
                    level is not None
                    and value in part.held[kind]
                    and level != kind
                    and not self._owner.owns(part)
                ):
                    named[level].append(self._owner.named_by(part, level))
        return {level: _groups(sets) for level, sets in named.items() if sets}

    def _may_be_the_person(
        self,
        kind: Identifier,
        value: str,
        others: dict[Identifier, list[set[str]]],
        likely: Collected,
    ) -> bool:
        """Say whether an identifier leads to one person, and none other is known to be this one."""
        for level, groups in others.items():
            held = self._owner.ids.held[level] | likely.held[level]
            if level == "client_id":
                if not self._is_one_browser(kind, value, groups):
                    return False
            elif len(groups) > 1 or (held and not held & groups[0]):
                return False
            if any((level, name) in self._shared for group in groups for name in group):
                return False
        level = next(iter(others))
        for group in others[level]:
            likely.held[level] |= group
        return True

    def _is_one_browser(self, kind: Identifier, value: str, groups: list[set[str]]) -> bool:
        """Say whether an event or order was seen in one browser, as GA4 and as Meta name it."""
        seen = {
            client
            for row in self._with(kind, value)
            for part in row.parts
            if value in part.held[kind]
            for client in part.held["client_id"]
        }
        of_meta = {client for client in seen if client.startswith(META_BROWSER)}
        return len(groups) <= 2 and len(of_meta) <= 1 and len(seen - of_meta) <= 1

    def _with(self, kind: Identifier, value: str) -> list[FoundRow]:
        return list(self._holding.get((kind, value), {}).values())

    def _told(self) -> tuple[Shared, ...]:
        return tuple(
            Shared(
                kind,
                others,
                sum(
                    not any(self._owner.owns(part) for part in row.parts)
                    and all(self._owner.level_of(part) in (None, kind) for part in row.parts)
                    for row in self._with(kind, value)
                ),
            )
            for (kind, value), others in sorted(self._shared.items())
        )


def _of_reading(reading: Reading) -> Collected:
    found = Collected.none()
    found.held[reading.kind] |= reading.values
    found.texts |= reading.texts
    return found


def _copy(of: Collected) -> Collected:
    found = Collected.none()
    found.join(of)
    return found


def _groups(sets: Iterable[Collection[str]]) -> list[set[str]]:
    """Join sets that meet; what is left are different ones."""
    groups: list[set[str]] = []
    for one in sets:
        if not one:
            continue
        joined = set(one)
        apart = []
        for group in groups:
            if group & joined:
                joined |= group
            else:
                apart.append(group)
        groups = [*apart, joined]
    return groups
