"""A person's rows in published tables, histories and the outbox, each column by its type."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from matchback.privacy.person import Person
from matchback.privacy.registry import CLICK_LANDINGS, PERSONAL_TABLES
from matchback.privacy.search import SEPARATOR, patterns_of
from matchback.sources.catalog import RECORDS
from matchback.warehouse.base import RowCount, Warehouse, fetch, tables_of
from matchback.warehouse.dialects import Dialect, dialect_of
from matchback.warehouse.tables import Table

IDENTITIES = "marts.dim_identities"
FINDINGS = "marts.fct_findings"
OUTBOX = "ops.alert_outbox"
# What the parts of a finding's entity id are; those of other entities name no person.
ENTITIES = ("server_event", "client_event", "order", "event_id", "delivery")
# What a message may hold of a person would be found by; shorter ids stand in it by chance.
SHORTEST_IN_MESSAGES = 8

Binding = dict[str, list[str] | str]


@dataclass(frozen=True)
class _Node:
    node: str
    canonical_id: str


@dataclass(frozen=True)
class Published:
    """The tables beside the records that refer to persons, as they refer to this one."""

    warehouse: Warehouse
    person: Person
    nodes: frozenset[str]
    journeys: frozenset[str]

    @classmethod
    def of(cls, warehouse: Warehouse, person: Person) -> "Published":
        """Return where a person is published; a journey joined with another's names neither."""
        nodes = _nodes(person)
        return cls(warehouse, person, nodes, nodes - _joined_with_others(warehouse, nodes))

    def counts(self) -> dict[str, int]:
        """Return how many rows of each table are this person's."""
        return {table.name: self._count(table) for table in self.tables()}

    def tables(self) -> list[Table]:
        """Return those tables that are there; before the first build some are not."""
        records = {table.name for table in RECORDS}
        schemas = {table.schema for table in PERSONAL_TABLES}
        made = set().union(*(tables_of(self.warehouse, schema) for schema in schemas))
        return [
            table for table in PERSONAL_TABLES if table.name in made and table.name not in records
        ]

    def condition(self, table: Table) -> tuple[str, Binding]:
        """Return SQL that is true for the person's rows, and what it binds."""
        dialect = dialect_of(self.warehouse)
        tests, bound = self._tests(table, dialect)
        found = " or ".join(f"({test})" for test in tests) or "false"
        return f"({found}) and {table.on_every_date}", bound

    def _tests(self, table: Table, dialect: Dialect) -> tuple[list[str], Binding]:
        if table.name == CLICK_LANDINGS.name:
            mine = dialect.is_among("customer_node", "nodes")
            browser = dialect.is_among("client_node", "nodes")
            return [mine, f"customer_node is null and {browser}"], {"nodes": _listed(self.nodes)}
        if table.name == IDENTITIES:
            node = dialect.is_among("identifier_type || ':' || identifier", "nodes")
            return [node, dialect.is_among("canonical_id", "journeys")], {
                "nodes": _listed(self.nodes),
                "journeys": _listed(self.journeys),
            }
        if table.name == FINDINGS:
            return self._tests_of_findings(dialect)
        if table.name == OUTBOX:
            return self._tests_of_messages(table, dialect)
        held = self.person.owner.ids.held
        tests = []
        bound: Binding = {}
        for column, kind in table.identifiers.items():
            key = f"lower(trim({dialect.without(f'trim({column})', '^#')}))"
            tests.append(dialect.is_among(key if kind == "order_id" else column, kind))
            bound[kind] = _listed(held[kind])
        for one in table.columns:
            if one.personal == "request_id":
                tests.append(dialect.is_among(one.name, "requests"))
                bound["requests"] = _listed(self.person.requests)
        for node in table.nodes:
            tests.append(dialect.is_among(node, "journeys"))
            bound["journeys"] = _listed(self.journeys)
        return tests, bound

    def _tests_of_findings(self, dialect: Dialect) -> tuple[list[str], Binding]:
        held = self.person.owner.ids.held
        parts = {part.lower() for part in held["event_id"] | self.person.requests}
        parts |= held["order_id"] | {f"#{order}" for order in held["order_id"]}
        entities = ", ".join(f"'{entity}'" for entity in ENTITIES)
        named = dialect.any_among("split(lower(entity_id), '|')", "parts")
        lines = [f"{row.key.file_name}:{row.key.row_number}" for row in self.person.rows]
        return [
            f"entity_type in ({entities}) and {named}",
            f"entity_type = 'consent_row' and {dialect.is_among('entity_id', 'lines')}",
        ], {"parts": _listed(parts), "lines": _listed(lines)}

    def _tests_of_messages(self, table: Table, dialect: Dialect) -> tuple[list[str], Binding]:
        ids = self.person.owner.ids
        words = {word for word in ids.tokens if len(word) >= SHORTEST_IN_MESSAGES}
        bound: Binding = {}
        tests = []
        for number, pattern in enumerate(patterns_of(words)):
            bound[f"pattern_{number}"] = pattern
            tests += [
                dialect.matches_given(column, f"pattern_{number}")
                for column in table.personal_texts
            ]
        return tests, bound

    def _count(self, table: Table) -> int:
        where, bound = self.condition(table)
        query = f"select count(*) as row_count from {table.name} where {where}"
        [counted] = fetch(self.warehouse, RowCount, query, bound)
        return counted.row_count


def _nodes(person: Person) -> frozenset[str]:
    """Return the person's identifiers as published tables name them."""
    held = person.owner.ids.held
    hashed = {value: sha256(value.encode()).hexdigest() for value in held["client_id"]}
    return frozenset(
        {f"customer_id:{value}" for value in held["customer_id"]}
        | {f"hashed_email:{value}" for value in held["email_hash"]}
        | {f"hashed_phone:{value}" for value in held["phone_hash"]}
        | {f"{kind}:{value}" for value in hashed.values() for kind in ("client_id", "fbp")}
        | {f"click_id:{sha256(value.encode()).hexdigest()}" for value in held["click_id"]}
    )


def _joined_with_others(warehouse: Warehouse, nodes: frozenset[str]) -> frozenset[str]:
    """Return those of a person's journeys in which another person's identifiers stand too."""
    if IDENTITIES not in tables_of(warehouse, "marts"):
        return frozenset()
    dialect = dialect_of(warehouse)
    kinds = "identifier_type in ('customer_id', 'hashed_email')"
    rows = fetch(
        warehouse,
        _Node,
        "select identifier_type || ':' || identifier as node, canonical_id "
        f"from {IDENTITIES} where {kinds} and {dialect.is_among('canonical_id', 'nodes')}",
        {"nodes": _listed(nodes)},
    )
    has_customer = any(node.startswith("customer_id:") for node in nodes)
    decisive = "customer_id:" if has_customer else ""
    return frozenset(
        row.canonical_id for row in rows if row.node not in nodes and row.node.startswith(decisive)
    )


def _listed(values: Iterable[str]) -> list[str]:
    """Return a list to bind; an empty one has no type, so it holds what no column does."""
    return sorted(values) or [SEPARATOR]
