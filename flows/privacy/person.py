"""Who PERSON is: from one identifier to every reference that records bind to it."""

import re
from hashlib import sha256

from flows.core.hashing.contact_forms import contact_forms
from flows.errors import ExitCode, MatchbackError
from flows.privacy.search import References
from flows.warehouse.base import Warehouse

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[\d\s().\-/]{7,}")


class UnknownPersonError(MatchbackError):
    """Nothing in the warehouse points at the person."""

    exit_code = ExitCode.BAD_USAGE


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
    rows = warehouse.rows(
        """
        select
            order_id, customer_id, event_id, user_pseudo_id,
            list_transform(
                list_filter(contact_hashes, lambda contact: contact.field in ('em', 'ph')),
                lambda contact: contact.sha256
            ) as hashes
        from landing.crm_orders
        where
            list_contains($customers, customer_id)
            or list_contains($orders, order_id)
            or list_has_any(
                list_transform(
                    list_filter(contact_hashes, lambda contact: contact.field in ('em', 'ph')),
                    lambda contact: contact.sha256
                ),
                $hashes
            )
        """,
        {
            "customers": _listed(found.customers),
            "orders": _listed(found.orders),
            "hashes": _listed(found.hashes),
        },
    )
    orders = {row["order_id"].strip().removeprefix("#") for row in rows if row["order_id"]}
    return found.joined(
        customers=[row["customer_id"] for row in rows],
        clients=[row["user_pseudo_id"] for row in rows],
        events=[row["event_id"] for row in rows],
        orders=orders | {f"#{order}" for order in orders},
        hashes=[digest for row in rows for digest in row["hashes"] or []],
    )


def _from_ga4(warehouse: Warehouse, found: References) -> References:
    """Follow a customer to browsers and events; a browser only to rows that name nobody else."""
    rows = warehouse.rows(
        """
        select distinct
            user_id, user_pseudo_id,
            list_filter(
                list_transform(
                    list_filter(
                        event_params,
                        lambda param: contains(param.key, 'event_id')
                            or param.key = 'transaction_id'
                    ),
                    lambda param: coalesce(
                        param.value.string_value, cast(param.value.int_value as varchar)
                    )
                ),
                lambda value: value is not null
            ) as ids
        from landing.ga4_events
        where
            list_contains($customers, user_id)
            or (user_id is null and list_contains($clients, user_pseudo_id))
            or (
                event_name = 'purchase'
                and list_has_any(
                    list_transform(event_params, lambda param: coalesce(
                        param.value.string_value, cast(param.value.int_value as varchar)
                    )),
                    $orders
                )
            )
        """,
        {
            "customers": _listed(found.customers),
            "clients": _listed(found.clients),
            "orders": _listed(found.orders),
        },
    )
    return found.joined(
        customers=[row["user_id"] for row in rows],
        clients=[row["user_pseudo_id"] for row in rows],
        events=[identifier for row in rows for identifier in row["ids"]],
    )


def _from_consent(warehouse: Warehouse, found: References) -> References:
    rows = warehouse.rows(
        "select distinct client_id from landing.consent_log "
        "where list_contains($customers, user_id) and client_id is not null",
        {"customers": _listed(found.customers)},
    )
    return found.joined(clients=[row["client_id"] for row in rows])


def _journeys(found: References) -> set[str]:
    nodes = {f"customer_id:{_customer_hash(customer)}" for customer in found.customers}
    nodes |= {f"client_id:{sha256(client.encode()).hexdigest()}" for client in found.clients}
    nodes |= {f"hashed_email:{digest}" for digest in found.hashes}
    return nodes | {node.partition(":")[2] for node in nodes}


def _is_known(warehouse: Warehouse, found: References) -> bool:
    from flows.privacy.registry import RAW
    from flows.privacy.search import bindings, condition

    return any(
        warehouse.rows(
            f"select 1 as one from {table.name} where {condition(table)} limit 1",
            bindings(table, found),
        )
        for table in RAW
    )


def _customer_hash(customer: str) -> str:
    if re.fullmatch(r"[0-9a-f]{64}", customer):
        return customer
    return sha256(customer.strip().lower().encode()).hexdigest()


def _listed(values: frozenset[str]) -> list[str]:
    return sorted(values) or [""]
