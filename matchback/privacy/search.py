"""Finding a person's rows: exact columns, references inside texts, hashed nodes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from matchback.warehouse.dialects import Dialect
from matchback.warehouse.tables import Table

# A reference inside a log text: any run of characters between delimiters that is long enough not
# to be a number by chance, and short ones only under a key that names an identifier.
LONG_REFERENCE = r'[^"\\,:;{}\[\]\s&=?/|<>]{6,}'
KEYED_REFERENCE = (
    r'"(?:external_id|user_id|customer_id|client_id|order_id|event_id)"\s*:\s*\[?\s*"?([^",\]}]+)'
)


@dataclass(frozen=True)
class References:
    """Everything known to point at one person; raw ids stay in memory only."""

    customers: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    orders: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    hashes: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    journeys: frozenset[str] = field(default_factory=frozenset)

    @property
    def tokens(self) -> frozenset[str]:
        """What may stand in a column or a text."""
        return self.customers | self.clients | self.orders | self.events | self.hashes | self.values

    def joined(self, **more: Iterable[str | None]) -> "References":
        """Return these references and more."""
        held = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name, values in more.items():
            held[name] = held[name] | {value for value in values if value}
        return References(**held)


def row_tokens(table: Table, dialect: Dialect) -> str:
    """Return SQL for every reference that a row of a table holds."""
    text = dialect.types["text"]
    parts = []
    if table.identifiers:
        parts.append(f"[{', '.join(f'cast({column} as {text})' for column in table.identifiers)}]")
    for column in table.personal_texts:
        parts.append(dialect.extracted(column, LONG_REFERENCE))
        parts.append(dialect.extracted(column, KEYED_REFERENCE, has_group=True))
    if table.name == "landing.ga4_events":
        parts.append(dialect.items("event_params", "param", parameter_text(dialect), "true"))
        parts.append("[ecommerce.transaction_id]")
    if table.name == "landing.crm_orders":
        parts.append(contact_digests(dialect))
    return dialect.concatenated(parts)


def parameter_text(dialect: Dialect) -> str:
    """Return SQL for the value of a GA4 parameter named `param`, as far as it can be an id."""
    number = f"cast(param.value.int_value as {dialect.types['text']})"
    return f"coalesce(param.value.string_value, {number})"


def contact_digests(dialect: Dialect) -> str:
    """Return SQL for the hashes of an order's e-mail addresses and phone numbers."""
    return dialect.items(
        "contact_hashes", "contact", "contact.sha256", "contact.field in ('em', 'ph')"
    )


def condition(table: Table, dialect: Dialect) -> str:
    """Return SQL that is true for the person's rows; binds two lists: tokens, then journeys."""
    tests = []
    if table.identifiers or table.personal_texts:
        tests.append(dialect.any_among(row_tokens(table, dialect), "tokens"))
    for node in table.nodes:
        tests.append(dialect.is_among(f"cast({node} as {dialect.types['text']})", "journeys"))
        if table.name == "marts.dim_identities":
            tests.append(dialect.is_among(f"identifier_type || ':' || {node}", "journeys"))
    found = " or ".join(f"({test})" for test in tests)
    if table.name == "landing.ga4_events":
        is_mine = f"(user_id is null or {dialect.is_among('user_id', 'tokens')})"
        return f"({found}) and {is_mine} and {table.on_every_date}"
    return f"({found}) and {table.on_every_date}"


def bindings(table: Table, references: References) -> dict[str, list[str]]:
    """Return the values that `condition` binds."""
    values: dict[str, list[str]] = {}
    if table.identifiers or table.personal_texts:
        values["tokens"] = _as_list(references.tokens)
    if table.nodes:
        values["journeys"] = _as_list(references.journeys)
    return values


def _as_list(values: Collection[str]) -> list[str]:
    return sorted(values) or [""]
