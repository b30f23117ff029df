"""SQL of the engine scan: candidates by one regular expression, hits by the digest of a value.

Plain values leave the engine only as distinct candidates and never come back: what was found is
joined again by a salted SHA-256, so no statement, parameter or job history holds one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.core.pii.columns import Type, text_leaves
from flows.core.pii.documents import OWN_FIELDS
from flows.core.pii.prefilter import prefilter_pattern

GA4_TABLE = "landing.ga4_events"
GA4_UNSCANNED = frozenset(
    "event_date user_pseudo_id ecommerce.transaction_id export_kind file_name run_id "
    "extra_columns".split()
)
HIT_COLUMNS = (
    "source, table_name, file_name, row_number, batch_position, recorded_at, field_path, kind, "
    "kinds, masked, digest, run_id"
)
VERDICT_FIELDS = {
    "path": "text", "param": "text", "value_digest": "text", "kind": "text", "kind_rank": "integer",
    "kinds": "list", "masked": "text", "digest": "text",
}  # fmt: skip
HIT_FIELDS = {
    "source": "text", "table_name": "text", "file_name": "text", "row_number": "integer",
    "batch_position": "integer", "recorded_at": "timestamp", "field_path": "text", "kind": "text",
    "kinds": "list", "masked": "text", "digest": "text",
}  # fmt: skip
# The address that every payload carries in its own field would make each row a candidate.
_OWN_IP = r"client_ip_address[\\\"' :]*[0-9A-Fa-f.:]+"


class DuckDBDialect:
    """How DuckDB writes what the two engines write differently."""

    types = {"text": "varchar", "integer": "bigint", "timestamp": "timestamp", "list": "varchar[]"}

    def parameter(self, name: str) -> str:
        return f"${name}"

    def matches(self, text: str, pattern: str) -> str:
        return f"regexp_matches({text}, {self._quoted(pattern)})"

    def without(self, text: str, pattern: str) -> str:
        return f"regexp_replace({text}, {self._quoted(pattern)}, '', 'g')"

    def is_among(self, text: str, parameter: str) -> str:
        return f"{text} in (select unnest({self.parameter(parameter)}))"

    def unnested(self, items: str, name: str) -> str:
        return f"unnest({items}) as unnested_{name}({name})"

    def digest(self, text: str) -> str:
        return f"sha256({self.parameter('salt')} || {text})"

    def micros(self, column: str) -> str:
        return f"make_timestamp({column})"

    def records(self, fields: Mapping[str, str]) -> str:
        """Return a subquery with the rows of the JSON parameter `records`."""
        layout = {name: ["VARCHAR"] if kind == "list" else self.types[kind].upper()
                  for name, kind in fields.items()}  # fmt: skip
        columns = ", ".join(f"item.{name} as {name}" for name in fields)
        shape = self._quoted(json.dumps([layout]))
        return (
            f"(select {columns} from "
            f"(select unnest(from_json(cast($records as json), {shape})) as item))"
        )

    def scalar_candidates(self, leaves: Sequence[str], pattern: str) -> str:
        """Distinct values first, column by column; the regular expression sees each once."""
        return "\nunion all\n".join(
            f"select '{leaf}' as path, '' as param, value from (select distinct "
            f"{quoted_path(leaf)} as value from {GA4_TABLE} where "
            f"{self.is_among('file_name', 'files')}) where {self.matches('value', pattern)}"
            for leaf in leaves
        )

    def _quoted(self, text: str) -> str:
        return "'" + text.replace("'", "''") + "'"


class BigQueryDialect:
    """How BigQuery writes the same."""

    types = {"text": "string", "integer": "int64", "timestamp": "timestamp"}

    def parameter(self, name: str) -> str:
        return f"@{name}"

    def matches(self, text: str, pattern: str) -> str:
        return f"regexp_contains({text}, r'''{pattern}''')"

    def without(self, text: str, pattern: str) -> str:
        return f"regexp_replace({text}, r'''{pattern}''', '')"

    def is_among(self, text: str, parameter: str) -> str:
        return f"{text} in unnest({self.parameter(parameter)})"

    def unnested(self, items: str, name: str) -> str:
        return f"unnest({items}) as {name}"

    def digest(self, text: str) -> str:
        return f"to_hex(sha256(concat({self.parameter('salt')}, {text})))"

    def micros(self, column: str) -> str:
        return f"timestamp_micros({column})"

    def records(self, fields: Mapping[str, str]) -> str:
        """Return a subquery with the rows of the JSON parameter `records`."""
        columns = ", ".join(self._field(name, kind) for name, kind in fields.items())
        return f"(select {columns} from unnest(json_query_array(@records)) as item)"

    def scalar_candidates(self, leaves: Sequence[str], pattern: str) -> str:
        """One pass over the table: each column is read, and billed, once."""
        structs = ", ".join(
            f"struct('{leaf}' as path, {quoted_path(leaf)} as value)" for leaf in leaves
        )
        return (
            f"select distinct leaf.path as path, '' as param, leaf.value as value "
            f"from {GA4_TABLE}, unnest([{structs}]) as leaf "
            f"where {self.is_among('file_name', 'files')} and {self.matches('leaf.value', pattern)}"
        )

    def _field(self, name: str, kind: str) -> str:
        if kind == "list":
            return (
                f"array(select json_value(part) from unnest(json_query_array(item, '$.{name}')) "
                f"as part) as {name}"
            )
        return f"cast(json_value(item, '$.{name}') as {self.types[kind]}) as {name}"


Dialect = DuckDBDialect | BigQueryDialect
DIALECTS: Mapping[str, Dialect] = {"duckdb": DuckDBDialect(), "bigquery": BigQueryDialect()}


@dataclass(frozen=True)
class ListLeaf:
    """A text inside a list of structs: its path, the unnesting that reaches it, and its parts."""

    path: str
    joins: tuple[tuple[str, str], ...]
    value: str
    param: str | None = None


def ga4_scalar_leaves(columns: Mapping[str, Type]) -> list[str]:
    """Return the text columns and struct fields of GA4 rows that are scanned."""
    return [leaf for leaf in text_leaves(dict(columns)) if leaf not in GA4_UNSCANNED]


def ga4_list_leaves(columns: Mapping[str, Type]) -> list[ListLeaf]:
    """Return the texts inside lists: parameters by key, items field by field."""
    return [leaf for name, kind in columns.items() if kind.is_list and kind.fields
            for leaf in _leaves_in_list(name, kind, f"events.{name}", ())]  # fmt: skip


def param_keys(dialect: Dialect, leaf: ListLeaf) -> str:
    """Distinct keys of a parameter list, to find those whose values are always looked at."""
    return (
        f"select distinct {leaf.param} as param from {_source(dialect, leaf)} "
        f"where {dialect.is_among('events.file_name', 'files')} and {leaf.param} is not null"
    )


def list_candidates(dialect: Dialect, leaf: ListLeaf) -> str:
    """Distinct candidate values in a list; parameter `keys` names personal keys."""
    condition = dialect.matches(leaf.value, prefilter_pattern(has_key=True))
    param = leaf.param or "''"
    if leaf.param:
        condition = (
            f"({condition} or {dialect.is_among(leaf.param, 'keys')}) "
            f"and not {dialect.is_among(leaf.param, 'unscanned')}"
        )
    return (
        f"select distinct '{leaf.path}' as path, {param} as param, {leaf.value} as value "
        f"from {_source(dialect, leaf)} where {dialect.is_among('events.file_name', 'files')} "
        f"and {leaf.value} is not null and {condition}"
    )


def insert_scalar_hits(dialect: Dialect, leaf: str) -> str:
    """Write the hits of one text column; parameters files, records, salt, run_id."""
    value = f"events.{quoted_path(leaf)}"
    return _insert_ga4_hits(
        dialect, f"{GA4_TABLE} as events", f"'{leaf}'", leaf, value, param_condition=""
    )


def insert_list_hits(dialect: Dialect, leaf: ListLeaf) -> str:
    """Write the hits of one text in a list; a record has one hit per path, the first kind wins."""
    path = f"concat('{leaf.path}.', {leaf.param})" if leaf.param else f"'{leaf.path}'"
    condition = f" and verdicts.param = {leaf.param}" if leaf.param else ""
    return _insert_ga4_hits(dialect, _source(dialect, leaf), path, leaf.path, leaf.value, condition)


def document_candidates(
    dialect: Dialect, table: str, columns: Sequence[str], recorded_at: str
) -> str:
    """Rows of which some text column may hold personal data."""
    pattern = prefilter_pattern(has_key=True)
    tests = " or ".join(
        dialect.matches(dialect.without(column, _OWN_IP), pattern) for column in columns
    )
    return (
        f"select file_name, row_number, {recorded_at} as recorded_at, {', '.join(columns)} "
        f"from {table} where {dialect.is_among('file_name', 'files')} and ({tests})"
    )


def insert_document_hits(dialect: Dialect) -> str:
    """Write hits found in documents; parameters records, run_id."""
    names = ", ".join(HIT_FIELDS)
    return (
        f"insert into landing.pii_hits ({HIT_COLUMNS}) "
        f"select {names}, {dialect.parameter('run_id')} from {dialect.records(HIT_FIELDS)} as hits"
    )


def quoted_path(leaf: str) -> str:
    """Return a dotted path with each part but the first in the engine-neutral plain form."""
    return leaf


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


def _source(dialect: Dialect, leaf: ListLeaf) -> str:
    unnested = ", ".join(dialect.unnested(items, name) for items, name in leaf.joins)
    return f"{GA4_TABLE} as events, {unnested}"


def _insert_ga4_hits(
    dialect: Dialect, source: str, path: str, verdict_path: str, value: str, param_condition: str
) -> str:
    return (
        f"insert into landing.pii_hits ({HIT_COLUMNS}) "
        f"select 'ga4', 'ga4_events', events.file_name, events.row_number, 0, "
        f"min({dialect.micros('events.event_timestamp')}), {path} as field_path, "
        f"min_by(verdicts.kind, verdicts.kind_rank), min_by(verdicts.kinds, verdicts.kind_rank), "
        f"min_by(verdicts.masked, verdicts.kind_rank), "
        f"min_by(verdicts.digest, verdicts.kind_rank), {dialect.parameter('run_id')} "
        f"from {source} inner join {dialect.records(VERDICT_FIELDS)} as verdicts "
        f"on verdicts.path = '{verdict_path}'{param_condition} "
        f"and verdicts.value_digest = {dialect.digest(value)} "
        f"where {dialect.is_among('events.file_name', 'files')} "
        f"group by events.file_name, events.row_number, field_path"
    )


def unscanned_params(event_id_params: Sequence[str]) -> list[str]:
    """Return the parameter keys that hold event and order ids, or Meta's browser ids."""
    return sorted(OWN_FIELDS | set(event_id_params))
