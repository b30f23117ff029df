"""The declarations that are data: one file per table in sql/tables/<schema>."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import yaml

from matchback.core.resources import SQL_DIRECTORY
from matchback.warehouse.tables import SCALARS, Column, Partitioning, Table, Type, list_of, struct

TypeInYaml = str | Mapping[str, Any]


@cache
def read_tables(schema: str) -> tuple[Table, ...]:
    """Return the tables of a schema, by name."""
    return tuple(
        _table(f"{schema}.{path.stem}", yaml.load(path.read_bytes(), yaml.CSafeLoader))
        for path in sorted((SQL_DIRECTORY / "tables" / schema).glob("*.yml"))
    )


def _table(name: str, declared: Mapping[str, Any]) -> Table:
    given = dict(declared)
    columns = tuple(_column(column, told) for column, told in given.pop("columns").items())
    partition = Partitioning(**given.pop("partition")) if "partition" in given else None
    cluster = tuple(given.pop("cluster", ()))
    return Table(name=name, columns=columns, partition=partition, cluster=cluster, **given)


def _column(name: str, told: TypeInYaml) -> Column:
    """A column is its type, or a mapping with its type and what else there is to say."""
    if isinstance(told, str) or "type" not in told:
        return Column(name, type=_type(told))
    return Column(name, **{**told, "type": _type(told["type"])})


def _type(told: TypeInYaml) -> Type:
    """A type is the name of a scalar, {list: TYPE} or {struct: {FIELD: TYPE}}."""
    if isinstance(told, str):
        if told not in SCALARS["duckdb"]:
            raise ValueError(f"{told} is no type; use one of {', '.join(SCALARS['duckdb'])}")
        return Type(told)
    [(kind, inner)] = told.items()
    if kind == "list":
        return list_of(_type(inner))
    return struct(**{name: _type(part) for name, part in inner.items()})
