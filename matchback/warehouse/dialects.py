"""Where the two engines write SQL differently: each fragment twice, side by side, and nowhere else.

Statements that Python sends are written in what both engines accept; a parameter is `$name` in
both, which the BigQuery warehouse spells in its own way.
"""

import json
from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from matchback.core.sql import literal
from matchback.warehouse.tables import SCALARS, Engine

Joins = Sequence[tuple[str, str]]


class DuckDBDialect:
    """How DuckDB writes what the two engines write differently."""

    types: ClassVar = SCALARS["duckdb"]
    new_id: ClassVar = "cast(uuid() as varchar)"

    def tables(self, schema: str) -> str:
        """Return a query for the names of a schema's tables; views of models are none."""
        return (
            "select table_name from information_schema.tables where "
            f"table_schema = '{schema}' and (table_type = 'BASE TABLE' or table_schema = 'landing')"
        )

    def parameter(self, name: str) -> str:
        return f"${name}"

    def matches(self, text: str, pattern: str) -> str:
        return f"regexp_matches({text}, {literal(pattern)})"

    def matches_given(self, text: str, parameter: str) -> str:
        """Like `matches`, with a pattern that is bound."""
        return f"regexp_matches({text}, {self.parameter(parameter)})"

    def without(self, text: str, pattern: str) -> str:
        return f"regexp_replace({text}, {literal(pattern)}, '', 'g')"

    def captured(self, text: str, pattern: str) -> str:
        """Return the one group of a pattern that a text matches."""
        return f"regexp_extract({text}, {literal(pattern)}, 1)"

    def sha256(self, text: str) -> str:
        return f"sha256({text})"

    def newest(self, table: str, where: str) -> str:
        """Return the condition of the last row written of those that match."""
        return f"rowid = (select max(rowid) from {table} where {where})"

    def is_among(self, text: str, parameter: str) -> str:
        return f"{text} in (select unnest({self.parameter(parameter)}))"

    def is_one_of(self, text: str, parameter: str) -> str:
        """Like `is_among`, for a few values: a filter on files prunes them, and joins nothing."""
        values = self.parameter(parameter)
        is_between = f"{text} between list_min({values}) and list_max({values})"
        return f"({is_between} and list_contains({values}, {text}))"

    def any_among(self, texts: str, parameter: str) -> str:
        """Return whether a list holds any of a list parameter's values."""
        return f"list_has_any({texts}, {self.parameter(parameter)})"

    def items(self, items: str, name: str, value: str, where: str) -> str:
        """Return the list of a value of those items that satisfy a condition; empty for a null."""
        kept = f"list_filter({items}, lambda {name}: {where})"
        return f"coalesce(list_transform({kept}, lambda {name}: {value}), [])"

    def concatenated(self, lists: Sequence[str]) -> str:
        merged = lists[0]
        for one in lists[1:]:
            merged = f"list_concat({merged}, {one})"
        return merged

    def each(self, items: str, name: str, table: str, where: str) -> str:
        """Return a relation with one row per item of a list, of the rows that match."""
        return f"(select unnest({items}) as {name} from {table} where {where}) as {name}_rows"

    def keyed_digest(self, text: str, inner_pad: str, outer_pad: str) -> str:
        """Return the HMAC-SHA256 of a text in hex, given its two pads as parameters of bytes."""
        inner = f"sha256(cast(${inner_pad} as blob) || encode({text}))"
        return f"sha256(cast(${outer_pad} as blob) || unhex({inner}))"

    def entries(self, table: str, where: str, joins: Joins, carried: Sequence[str]) -> str:
        """Unnest in the select list: a lateral join would drag the wide row along."""
        source = f"{table} as events where {where}"
        columns = "".join(f"events.{name} as {name}, " for name in carried)
        for items, name in joins:
            source = f"(select {columns}unnest({items}) as {name} from {source}) as {name}_rows"
            columns = "".join(f"{name}, " for name in carried)
        return source

    def of_least(self, value: str, rank: str) -> str:
        """Return the aggregate that takes a value from the row of the least rank."""
        return f"min_by({value}, {rank})"

    def fingerprint(self, text: str) -> str:
        """Return 63 salted bits of a text, which cost a fraction of a SHA-256; parameter salt."""
        return f"cast(hash({self.parameter('salt')}, {text}) >> 1 as bigint)"

    def micros(self, column: str) -> str:
        return f"make_timestamp({column})"

    def records(self, fields: Mapping[str, str]) -> str:
        """Return a subquery with the rows of the JSON parameter `records`."""
        layout = {name: ["VARCHAR"] if kind == "list" else self.types[kind].upper()
                  for name, kind in fields.items()}  # fmt: skip
        columns = ", ".join(f"item.{name} as {name}" for name in fields)
        shape = literal(json.dumps([layout]))
        return (
            f"(select {columns} from "
            f"(select unnest(from_json(cast($records as json), {shape})) as item))"
        )

    def joined(self, columns: Sequence[str]) -> str:
        return f"concat_ws(chr(10), {', '.join(columns)})"

    def column_leaves(self, source: str, leaves: Mapping[str, str]) -> str:
        """Distinct values of each column, one column read at a time: no pass holds them all."""
        return " union all ".join(
            f"select '{path}' as path, '' as param, value "
            f"from (select distinct {value} as value from {source})"
            for path, value in leaves.items()
        )

    def leaves(self, source: str, leaves: Mapping[str, str]) -> str:
        """Distinct values of each field of unnested items, which are unnested once."""
        columns = ", ".join(
            f"{{'path': '{path}', 'found': list(distinct {value})}}"
            for path, value in leaves.items()
        )
        return (
            "select item.path as path, '' as param, unnest(item.found) as value "
            f"from (select unnest([{columns}]) as item from {source})"
        )


class BigQueryDialect:
    """How BigQuery writes the same."""

    types: ClassVar = SCALARS["bigquery"]
    new_id: ClassVar = "generate_uuid()"

    def tables(self, schema: str) -> str:
        return (
            f"select table_name from {schema}.INFORMATION_SCHEMA.TABLES "
            "where table_type = 'BASE TABLE'"
        )

    def parameter(self, name: str) -> str:
        return f"@{name}"

    def matches(self, text: str, pattern: str) -> str:
        return f"regexp_contains({text}, r'''{pattern}''')"

    def matches_given(self, text: str, parameter: str) -> str:
        return f"regexp_contains({text}, {self.parameter(parameter)})"

    def without(self, text: str, pattern: str) -> str:
        return f"regexp_replace({text}, r'''{pattern}''', '')"

    def captured(self, text: str, pattern: str) -> str:
        return f"regexp_extract({text}, r'''{pattern}''')"

    def sha256(self, text: str) -> str:
        return f"to_hex(sha256({text}))"

    def newest(self, table: str, where: str) -> str:
        """A load inside BigQuery writes one row for each file."""
        return where

    def is_among(self, text: str, parameter: str) -> str:
        return f"{text} in unnest({self.parameter(parameter)})"

    def is_one_of(self, text: str, parameter: str) -> str:
        return self.is_among(text, parameter)

    def any_among(self, texts: str, parameter: str) -> str:
        is_held = self.is_among("held", parameter)
        return f"exists (select 1 from unnest({texts}) as held where {is_held})"

    def items(self, items: str, name: str, value: str, where: str) -> str:
        return f"array(select {value} from unnest({items}) as {name} where {where})"

    def concatenated(self, lists: Sequence[str]) -> str:
        return f"array_concat({', '.join(lists)})"

    def each(self, items: str, name: str, table: str, where: str) -> str:
        unnested = f"unnest({items}) as {name}"
        return f"(select {name} from {table}, {unnested} where {where}) as {name}_rows"

    def keyed_digest(self, text: str, inner_pad: str, outer_pad: str) -> str:
        inner = f"sha256(concat(@{inner_pad}, cast({text} as bytes)))"
        return f"to_hex(sha256(concat(@{outer_pad}, {inner})))"

    def entries(self, table: str, where: str, joins: Joins, carried: Sequence[str]) -> str:
        columns = "".join(f"events.{name} as {name}, " for name in carried)
        unnested = ", ".join(f"unnest({items}) as {name}" for items, name in joins)
        last = joins[-1][1]
        return (
            f"(select {columns}{last} from {table} as events, {unnested} where {where}) "
            f"as {last}_rows"
        )

    def of_least(self, value: str, rank: str) -> str:
        return f"any_value({value} having min {rank})"

    def fingerprint(self, text: str) -> str:
        return f"farm_fingerprint(concat({self.parameter('salt')}, {text}))"

    def micros(self, column: str) -> str:
        return f"timestamp_micros({column})"

    def records(self, fields: Mapping[str, str]) -> str:
        columns = ", ".join(self._field(name, kind) for name, kind in fields.items())
        return f"(select {columns} from unnest(json_query_array(@records)) as item)"

    def joined(self, columns: Sequence[str]) -> str:
        return f"array_to_string([{', '.join(columns)}], chr(10))"

    def column_leaves(self, source: str, leaves: Mapping[str, str]) -> str:
        return self.leaves(source, leaves)

    def leaves(self, source: str, leaves: Mapping[str, str]) -> str:
        """One pass over the table: each column is read, and billed, once."""
        structs = ", ".join(
            f"struct('{path}' as path, {value} as value)" for path, value in leaves.items()
        )
        return (
            f"select distinct leaf.path as path, '' as param, leaf.value as value "
            f"from (select [{structs}] as listed from {source}) as rows_of_leaves, "
            f"unnest(rows_of_leaves.listed) as leaf"
        )

    def _field(self, name: str, kind: str) -> str:
        if kind == "list":
            return (
                f"array(select json_value(part) from unnest(json_query_array(item, '$.{name}')) "
                f"as part) as {name}"
            )
        return f"cast(json_value(item, '$.{name}') as {self.types[kind]}) as {name}"


Dialect = DuckDBDialect | BigQueryDialect
DIALECTS: Mapping[Engine, Dialect] = {"duckdb": DuckDBDialect(), "bigquery": BigQueryDialect()}


class HasEngine(Protocol):
    """Anything that names its engine, as a warehouse does."""

    engine: Engine


def dialect_of(warehouse: HasEngine) -> Dialect:
    """Return how the engine behind a warehouse is spoken to."""
    return DIALECTS[warehouse.engine]
