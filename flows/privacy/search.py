"""Finding a person's rows: exact columns, references inside texts, hashed nodes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from flows.privacy.registry import PersonalTable

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

    @property
    def is_empty(self) -> bool:
        """Say whether nothing points at the person."""
        return not self.tokens and not self.journeys

    def joined(self, **more: Iterable[str]) -> "References":
        """Return these references and more."""
        held = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name, values in more.items():
            held[name] = held[name] | {value for value in values if value}
        return References(**held)


def tokens_in(column: str) -> str:
    """Return SQL for the list of references inside a text column."""
    return (
        f"list_concat(regexp_extract_all({column}, '{LONG_REFERENCE}'), "
        f"regexp_extract_all({column}, '{KEYED_REFERENCE}', 1))"
    )


def row_tokens(table: PersonalTable) -> str:
    """Return SQL for every reference that a row of a table holds."""
    parts = [f"[{', '.join(f'cast({column} as varchar)' for column in table.columns)}]"]
    parts = parts if table.columns else []
    parts += [f"coalesce({tokens_in(column)}, [])" for column in table.texts]
    if table.name == "landing.ga4_events":
        parts.append(
            "coalesce(list_transform(event_params, lambda param: "
            "coalesce(param.value.string_value, cast(param.value.int_value as varchar))), [])"
        )
        parts.append("[ecommerce.transaction_id]")
    if table.name == "landing.crm_orders":
        parts.append(
            "coalesce(list_transform(list_filter(contact_hashes, lambda contact: "
            "contact.field in ('em', 'ph')), lambda contact: contact.sha256), [])"
        )
    merged = parts[0]
    for part in parts[1:]:
        merged = f"list_concat({merged}, {part})"
    return merged


def condition(table: PersonalTable) -> str:
    """Return SQL that is true for the person's rows; binds two lists: tokens, then journeys."""
    tests = []
    if table.columns or table.texts:
        tests.append(f"list_has_any({row_tokens(table)}, $tokens)")
    for node in table.nodes:
        tests.append(
            f"list_contains($journeys, cast({node} as varchar)) "
            f"or list_contains($journeys, identifier_type || ':' || {node})"
            if table.name == "marts.dim_identities"
            else f"list_contains($journeys, cast({node} as varchar))"
        )
    found = " or ".join(f"({test})" for test in tests)
    if table.name == "landing.ga4_events":
        return f"({found}) and (user_id is null or list_contains($tokens, user_id))"
    return found


def bindings(table: PersonalTable, references: References) -> dict[str, list[str]]:
    """Return the values that `condition` binds."""
    values: dict[str, list[str]] = {}
    if table.columns or table.texts:
        values["tokens"] = _as_list(references.tokens)
    if table.nodes:
        values["journeys"] = _as_list(references.journeys)
    return values


def _as_list(values: Collection[str]) -> list[str]:
    return sorted(values) or [""]
