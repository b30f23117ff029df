"""Who PERSON is: from one identifier to every reference that records bind to it."""

import re
from dataclasses import dataclass
from hashlib import sha256

from matchback.core.errors import ExitCode, MatchbackError
from matchback.hashing.contact_forms import contact_forms
from matchback.privacy.search import (
    References,
    bindings,
    condition,
    contact_digests,
    parameter_text,
)
from matchback.sources.catalog import RECORDS
from matchback.sources.ga4.tables import EVENTS
from matchback.warehouse.base import Warehouse, fetch
from matchback.warehouse.dialects import dialect_of

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[\d\s().\-/]{7,}")
SEPARATOR = "\x1f"


class UnknownPersonError(MatchbackError):
    """Nothing in the warehouse points at the person."""

    exit_code = ExitCode.BAD_USAGE


@dataclass(frozen=True)
class _Order:
    order_id: str | None
    customer_id: str | None
    event_id: str | None
    user_pseudo_id: str | None
    hashes: list[str]


@dataclass(frozen=True)
class _Visit:
    user_id: str | None
    user_pseudo_id: str | None
    ids: str | None


@dataclass(frozen=True)
class _Client:
    client_id: str


def references_of(warehouse: Warehouse, person: str, default_country: str) -> References:
    """Return every reference to a person; UnknownPersonError when there is none.

    `person` is a customer, client, order or journey id, an e-mail address or a phone number.
    A browser that several customers used only leads to its own rows without a customer.
    """
    found = _starting_points(person.strip(), default_country)
    for _ in range(3):
        grown = _from_consent(warehouse, _from_ga4(warehouse, _from_orders(warehouse, found)))
        if grown == found:
            break
        found = grown
    found = found.joined(
        hashes={_customer_hash(customer) for customer in found.customers},
        journeys=_journeys(found),
    )
    if not _is_known(warehouse, found):
        raise UnknownPersonError(
            "Nothing in the warehouse points at this person; check the identifier and try again."
        )
    return found


def _starting_points(person: str, default_country: str) -> References:
    if EMAIL.fullmatch(person):
        forms = contact_forms({"email": person}, None, default_country)
        return References(
            hashes=frozenset(form.sha256 for form in forms),
            values=frozenset({person, person.lower()}),
        )
    if PHONE.fullmatch(person) and not person.isdigit():
        forms = contact_forms({"phone": person}, None, default_country)
        digits = re.sub(r"\D", "", person)
        return References(
            hashes=frozenset(form.sha256 for form in forms),
            values=frozenset({person, digits}),
        )
    if re.fullmatch(r"[a-z_]+:[0-9a-f]{64}", person):
        return References(journeys=frozenset({person}))
    bare = person.removeprefix("#")
    return References(
        customers=frozenset({person}),
        clients=frozenset({person}),
        orders=frozenset({bare, f"#{bare}"}),
        hashes=frozenset({person}) if re.fullmatch(r"[0-9a-f]{64}", person) else frozenset(),
    )


def _from_orders(warehouse: Warehouse, found: References) -> References:
    dialect = dialect_of(warehouse)
    digests = contact_digests(dialect)
    rows = fetch(
        warehouse,
        _Order,
        f"""
        select
            order_id, customer_id, event_id, user_pseudo_id,
            {digests} as hashes
        from landing.crm_orders
        where
            {dialect.is_among("customer_id", "customers")}
            or {dialect.is_among("order_id", "orders")}
            or {dialect.any_among(digests, "hashes")}
        """,
        {
            "customers": _listed(found.customers),
            "orders": _listed(found.orders),
            "hashes": _listed(found.hashes),
        },
    )
    orders = {row.order_id.strip().removeprefix("#") for row in rows if row.order_id}
    return found.joined(
        customers=[row.customer_id for row in rows],
        clients=[row.user_pseudo_id for row in rows],
        events=[row.event_id for row in rows],
        orders=orders | {f"#{order}" for order in orders},
        hashes=[digest for row in rows for digest in row.hashes],
    )


def _from_ga4(warehouse: Warehouse, found: References) -> References:
    """Follow a customer to browsers and events; a browser only to rows that name nobody else."""
    dialect = dialect_of(warehouse)
    value = parameter_text(dialect)
    names_an_event = "strpos(param.key, 'event_id') > 0 or param.key = 'transaction_id'"
    ids = dialect.items("event_params", "param", value, names_an_event)
    values = dialect.items("event_params", "param", value, "true")
    # One text per row: BigQuery finds no distinct lists.
    rows = fetch(
        warehouse,
        _Visit,
        f"""
        select distinct
            user_id, user_pseudo_id,
            array_to_string({ids}, chr({ord(SEPARATOR)})) as ids
        from landing.ga4_events
        where
            {EVENTS.on_every_date}
            and (
                {dialect.is_among("user_id", "customers")}
                or (user_id is null and {dialect.is_among("user_pseudo_id", "clients")})
                or (event_name = 'purchase' and {dialect.any_among(values, "orders")})
            )
        """,
        {
            "customers": _listed(found.customers),
            "clients": _listed(found.clients),
            "orders": _listed(found.orders),
        },
    )
    return found.joined(
        customers=[row.user_id for row in rows],
        clients=[row.user_pseudo_id for row in rows],
        events=[name for row in rows for name in (row.ids or "").split(SEPARATOR)],
    )


def _from_consent(warehouse: Warehouse, found: References) -> References:
    of_customers = dialect_of(warehouse).is_among("user_id", "customers")
    rows = fetch(
        warehouse,
        _Client,
        "select distinct client_id from landing.consent_log "
        f"where {of_customers} and client_id is not null",
        {"customers": _listed(found.customers)},
    )
    return found.joined(clients=[row.client_id for row in rows])


def _journeys(found: References) -> set[str]:
    nodes = {f"customer_id:{_customer_hash(customer)}" for customer in found.customers}
    nodes |= {f"client_id:{sha256(client.encode()).hexdigest()}" for client in found.clients}
    nodes |= {f"hashed_email:{digest}" for digest in found.hashes}
    return nodes | {node.partition(":")[2] for node in nodes}


def _is_known(warehouse: Warehouse, found: References) -> bool:
    dialect = dialect_of(warehouse)
    return any(
        warehouse.rows(
            f"select 1 as one from {table.name} where {condition(table, dialect)} limit 1",
            bindings(table, found),
        )
        for table in RECORDS
    )


def _customer_hash(customer: str) -> str:
    if re.fullmatch(r"[0-9a-f]{64}", customer):
        return customer
    return sha256(customer.strip().lower().encode()).hexdigest()


def _listed(values: frozenset[str]) -> list[str]:
    return sorted(values) or [""]
