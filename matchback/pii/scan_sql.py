"""SQL of the engine scan: candidates by one regular expression, hits by their fingerprint.

Plain values leave the engine only as distinct candidates and never come back: what was found is
joined again by a salted fingerprint, so no statement, parameter or job history holds one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matchback.pii.documents import OWN_FIELDS
from matchback.pii.prefilter import prefilter_patterns
from matchback.warehouse.dialects import Dialect
from matchback.warehouse.tables import Column, Leaves, Table, Type, text_leaves

CARRIED = ("file_name", "row_number", "event_name", "event_timestamp")
NO_PARAM = "''"
HIT_COLUMNS = (
    "source, table_name, file_name, row_number, batch_position, record_key, recorded_at, "
    "field_path, kind, kinds, masked, digest, run_id"
)
VERDICT_FIELDS = {
    "path": "text", "param": "text", "fingerprint": "integer", "kind": "text",
    "kind_rank": "integer", "kinds": "list", "masked": "text", "digest": "text",
}  # fmt: skip
HIT_FIELDS = {
    "source": "text", "table_name": "text", "file_name": "text", "row_number": "integer",
    "batch_position": "integer", "record_key": "text", "recorded_at": "timestamp",
    "field_path": "text", "kind": "text", "kinds": "list", "masked": "text", "digest": "text",
}  # fmt: skip
# The address that every payload carries in its own field would make each row a candidate.
_OWN_IP = r"client_ip_address[\\\"' :]*[0-9A-Fa-f.:]+"


@dataclass(frozen=True)
class ListLeaf:
    """A text inside a list of structs: its path, the unnesting that reaches it, and its parts."""

    path: str
    joins: tuple[tuple[str, str], ...]
    value: str
    param: str | None = None


def scalar_leaves(columns: Sequence[Column]) -> list[str]:
    """Return the text columns and struct fields that are scanned leaf by leaf."""
    return [
        leaf
        for column in columns
        if isinstance(column.scan, Leaves)
        for leaf in text_leaves({column.name: column.type})
        if leaf.partition(".")[2] not in column.scan.besides
    ]


def list_leaves(columns: Sequence[Column]) -> list[ListLeaf]:
    """Return the texts inside lists: parameters by key, items field by field."""
    return [
        leaf
        for column in columns
        if isinstance(column.scan, Leaves) and column.type.is_list
        for leaf in _leaves_in_list(column.name, column.type, f"events.{column.name}", ())
    ]


def _entries(dialect: Dialect, rows: str, leaf: ListLeaf, carried: Sequence[str]) -> str:
    """Return the relation of the items that a leaf lies in, of the rows of some files."""
    return dialect.entries(rows, _of_files(dialect), leaf.joins, carried)


def _of_files(dialect: Dialect) -> str:
    """Parameters files, first_date, last_date: the dates of the shards keep the history unread."""
    first, last = dialect.parameter("first_date"), dialect.parameter("last_date")
    return (
        f"{dialect.is_one_of('events.file_name', 'files')} "
        f"and events.table_date between {first} and {last}"
    )


def scalar_texts(dialect: Dialect, rows: str, leaves: Sequence[str]) -> str:
    """Distinct values of the text columns and struct fields of GA4 rows: path, param, value."""
    source = f"{rows} as events where {_of_files(dialect)}"
    return dialect.column_leaves(source, {leaf: f"events.{leaf}" for leaf in leaves})


def field_texts(dialect: Dialect, rows: str, leaves: Sequence[ListLeaf]) -> str:
    """Distinct values of the plain fields of one list's items."""
    values = {leaf.path: leaf.value for leaf in leaves}
    return dialect.leaves(_entries(dialect, rows, leaves[0], ()), values)


def param_texts(dialect: Dialect, rows: str, leaf: ListLeaf) -> str:
    """Distinct values of a parameter list by key."""
    return (
        f"select distinct '{leaf.path}' as path, {leaf.param} as param, {leaf.value} as value "
        f"from {_entries(dialect, rows, leaf, ())}"
    )


def param_keys(texts: str) -> str:
    """Distinct keys among texts, to find those whose values are always looked at."""
    return f"select distinct param from {texts} as texts where param is not null"


def candidates(dialect: Dialect, texts: str) -> str:
    """Texts worth a look; `keys` names parameters that always are, `unscanned` those never.

    With the salted fingerprint of each, by which its rows are found again.
    """
    return (
        f"select path, param, value, {dialect.fingerprint('value')} as fingerprint "
        f"from {texts} as texts "
        f"where value is not null and param is not null "
        f"and not {dialect.is_among('param', 'unscanned')} "
        f"and ({_is_candidate(dialect, 'value')} or {dialect.is_among('param', 'keys')})"
    )


def insert_scalar_hits(dialect: Dialect, rows: str, leaf: str) -> str:
    """Write the hits of one text column; parameters files, records, salt, run_id."""
    columns = ", ".join(f"events.{name} as {name}" for name in CARRIED)
    values = (
        f"select {columns}, events.{leaf} as value, '' as param from {rows} as events "
        f"where {_of_files(dialect)}"
    )
    return _insert_ga4_hits(dialect, values, f"'{leaf}'", leaf)


def insert_list_hits(dialect: Dialect, rows: str, leaf: ListLeaf) -> str:
    """Write the hits of one text in a list; a record has one hit per path, the first kind wins.

    Parameters as for a column, and `params` for the keys that were found.
    """
    values = (
        f"select {', '.join(CARRIED)}, {leaf.value} as value, {leaf.param or NO_PARAM} as param "
        f"from {_entries(dialect, rows, leaf, CARRIED)}"
    )
    if leaf.param is None:
        return _insert_ga4_hits(dialect, values, f"'{leaf.path}'", leaf.path)
    values = f"{values} where {dialect.is_among(leaf.param, 'params')}"
    return _insert_ga4_hits(dialect, values, f"concat('{leaf.path}.', leaves.param)", leaf.path)


def document_candidates(dialect: Dialect, table: Table) -> str:
    """Rows of which some text column may hold personal data."""
    columns = list(table.documents)
    text = dialect.without(dialect.joined(columns), _OWN_IP)
    is_candidate = _is_candidate(dialect, text, flags="(?m)")
    # Where the engine knows that all are null, as of shards that stay files, it reads nothing.
    has_text = " or ".join(f"{column} is not null" for column in columns)
    return (
        f"select file_name, row_number, {_record_key(dialect, table)} as record_key, "
        f"{table.moment} as recorded_at, {', '.join(columns)} "
        f"from {table.name} where {dialect.is_one_of('file_name', 'files')} "
        f"and ({has_text}) and {is_candidate} "
        f"and {table.on_every_date}"
    )


def insert_document_hits(dialect: Dialect) -> str:
    """Write hits found in documents; parameters records, run_id."""
    names = ", ".join(HIT_FIELDS)
    return (
        f"insert into landing.pii_hits ({HIT_COLUMNS}) "
        f"select {names}, {dialect.parameter('run_id')} from {dialect.records(HIT_FIELDS)} as hits"
    )


def encode(records: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as the JSON text that `records` is read from."""
    return json.dumps(list(records), ensure_ascii=False)


def _leaves_in_list(
    path: str, kind: Type, items: str, joins: tuple[tuple[str, str], ...]
) -> Iterator[ListLeaf]:
    name = f"entry{len(joins)}"
    joins = (*joins, (items, name))
    if set(kind.fields) == {"key", "value"} and "string_value" in kind.fields["value"].fields:
        yield ListLeaf(path, joins, f"{name}.value.string_value", f"{name}.key")
        return
    for field, inner in kind.fields.items():
        if inner.is_text:
            yield ListLeaf(f"{path}.{field}", joins, f"{name}.{field}")
        elif inner.is_list and inner.fields:
            yield from _leaves_in_list(f"{path}.{field}", inner, f"{name}.{field}", joins)


def _is_candidate(dialect: Dialect, text: str, flags: str = "") -> str:
    patterns = prefilter_patterns(has_key=True)
    return f"({' or '.join(dialect.matches(text, flags + pattern) for pattern in patterns)})"


def _record_key(dialect: Dialect, table: Table) -> str:
    parts = [
        name if table.types[name].is_text else f"cast({name} as {dialect.types['text']})"
        for name in table.record_key
    ]
    if len(parts) > 1:
        return "concat(" + ", '|', ".join(parts) + ")"
    return parts[0] if parts else "null"


def _insert_ga4_hits(dialect: Dialect, values: str, path: str, verdict_path: str) -> str:
    timestamp = f"cast(leaves.event_timestamp as {dialect.types['text']})"
    record_key = f"concat(leaves.event_name, '|', {timestamp})"
    leading = ", ".join(
        dialect.of_least(f"verdicts.{name}", "verdicts.kind_rank")
        for name in ("kind", "kinds", "masked", "digest")
    )
    return (
        f"insert into landing.pii_hits ({HIT_COLUMNS}) "
        f"select 'ga4', 'ga4_events', leaves.file_name, leaves.row_number, null, "
        f"min({record_key}), min({dialect.micros('leaves.event_timestamp')}), "
        f"{path} as field_path, "
        f"{leading}, {dialect.parameter('run_id')} "
        f"from ({values}) as leaves inner join {dialect.records(VERDICT_FIELDS)} as verdicts "
        f"on verdicts.path = '{verdict_path}' and verdicts.param = leaves.param "
        f"and verdicts.fingerprint = {dialect.fingerprint('leaves.value')} "
        f"group by leaves.file_name, leaves.row_number, field_path"
    )


def unscanned_params(event_id_params: Sequence[str]) -> list[str]:
    """Return the parameter keys that hold event and order ids, or Meta's browser ids."""
    return sorted(OWN_FIELDS | set(event_id_params))
