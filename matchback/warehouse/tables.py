"""What a table outside dbt is: one declaration, from which all else that tells of it follows."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Literal, get_args

Engine = Literal["duckdb", "bigquery"]
Unit = Literal["day", "month"]
# What names a person, by its type: a value is compared only with values of its own type.
Identifier = Literal[
    "customer_id", "order_id", "email_hash", "phone_hash", "client_id", "event_id", "click_id"
]
IDENTIFIERS: tuple[Identifier, ...] = get_args(Identifier)
Personal = Identifier | Literal["request_id", "text", "node"]
Erasure = Literal["delete", "anonymise"]
Retention = Literal["delivery_log", "quarantine", "aggregate"]

SCALARS: Mapping[Engine, Mapping[str, str]] = {
    "duckdb": {
        "text": "varchar",
        "json": "varchar",
        "integer": "bigint",
        "double": "double",
        "money": "decimal(18, 2)",
        "boolean": "boolean",
        "timestamp": "timestamp",
        "date": "date",
    },
    "bigquery": {
        "text": "string",
        "json": "string",
        "integer": "int64",
        "double": "float64",
        "money": "numeric",
        "boolean": "bool",
        "timestamp": "timestamp",
        "date": "date",
    },
}


@dataclass(frozen=True)
class Type:
    """A type that both engines have: the name of a scalar, or a struct; maybe a list of these."""

    name: str
    fields: Mapping[str, "Type"] = field(default_factory=dict, hash=False)
    is_list: bool = False

    @property
    def is_text(self) -> bool:
        return self.name in ("text", "json") and not self.is_list

    def sql(self, engine: Engine) -> str:
        """Return the type as an engine spells it."""
        one = self._struct(engine) if self.fields else SCALARS[engine][self.name]
        if not self.is_list:
            return one
        return f"{one}[]" if engine == "duckdb" else f"array<{one}>"

    def _struct(self, engine: Engine) -> str:
        quote = '"' if engine == "duckdb" else "`"
        fields = ", ".join(
            f"{quote}{name}{quote} {kind.sql(engine)}" for name, kind in self.fields.items()
        )
        return f"struct({fields})" if engine == "duckdb" else f"struct<{fields}>"


TEXT = Type("text")
JSON = Type("json")
INTEGER = Type("integer")
DOUBLE = Type("double")
MONEY = Type("money")
BOOLEAN = Type("boolean")
TIMESTAMP = Type("timestamp")
DATE = Type("date")


def struct(**fields: Type) -> Type:
    """Return the type of a struct."""
    return Type("struct", fields)


def texts(names: str) -> dict[str, Type]:
    """Return fields that are all text, from their names with spaces between."""
    return dict.fromkeys(names.split(), TEXT)


def list_of(item: Type) -> Type:
    """Return the type of a list."""
    return Type(item.name, item.fields, is_list=True)


@dataclass(frozen=True)
class Leaves:
    """Every text in a column is scanned for personal data, but for some fields."""

    besides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A text that may hold JSON is scanned; `path` is what its own paths begin with.

    `batch` is the member whose items are server events, "" the document itself; `payload` is the
    member of an item that is the server event. A flat event is one without its nesting. Where it
    is one path, what lies inside is not told apart.
    """

    path: str | None = None
    batch: str | None = None
    payload: str | None = None
    is_flat_event: bool = False
    is_one_path: bool = False


@dataclass(frozen=True)
class Column:
    """A column: where it refers to a person, how it is scanned, and what erasure makes of it.

    An identifier is told by its type; a node is one with its type, hashed. A request id names what
    a person's event was sent with. `blank` is for tables that erasure anonymises:
    empty, or a new id where a key must stay unique.
    """

    name: str
    description: str = ""
    type: Type = TEXT
    personal: Personal | None = None
    scan: Leaves | Document | None = None
    blank: Literal["empty", "new_id"] | None = None


@dataclass(frozen=True)
class Partitioning:
    """How BigQuery cuts a table by its moment; with a filter, no query may leave the dates out."""

    unit: Unit = "day"
    needs_filter: bool = False


@dataclass(frozen=True)
class Table:
    """A table that matchback makes itself, `schema.name`; its description begins with the grain.

    `source` is set where the rows are records of a source, `record_key` the columns that name one.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    source: str | None = None
    moment: str | None = None
    partition: Partitioning | None = None
    cluster: tuple[str, ...] = ()
    record_key: tuple[str, ...] = ()
    erasure: Erasure | None = None
    retention: Retention | None = None
    is_read_by_dbt: bool = False
    only_on: Engine | None = None
    # What a DuckDB warehouse calls the table where `name` is a view of more.
    stored_on_duckdb_as: str | None = None

    def __post_init__(self) -> None:
        """Refuse a declaration that names columns it has not, or persons without an erasure."""
        named = {*self.cluster, *self.record_key, *([self.moment] if self.moment else [])}
        if unknown := named - set(self.types):
            raise ValueError(f"{self.name} has no column {', '.join(sorted(unknown))}")
        if len(self.types) < len(self.columns):
            raise ValueError(f"{self.name} declares a column twice")
        if (self.partition or self.retention) and not self.moment:
            raise ValueError(f"{self.name} needs a moment to be cut or aged by")
        if self.is_personal and not self.erasure:
            raise ValueError(f"{self.name} refers to persons and does not say what erasure does")
        if (self.erasure == "anonymise") != any(column.blank for column in self.columns):
            raise ValueError(f"{self.name} must be anonymised where columns are blanked")

    @property
    def schema(self) -> str:
        return self.name.partition(".")[0]

    @property
    def short_name(self) -> str:
        return self.name.partition(".")[2]

    @cached_property
    def types(self) -> dict[str, Type]:
        """The columns with their types."""
        return {column.name: column.type for column in self.columns}

    @cached_property
    def identifiers(self) -> dict[str, Identifier]:
        """The columns that name a person, with the type of what they hold."""
        return {
            column.name: kind
            for column in self.columns
            for kind in IDENTIFIERS
            if column.personal == kind
        }

    @cached_property
    def personal_texts(self) -> tuple[str, ...]:
        return self._personal("text")

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        return self._personal("node")

    @property
    def is_personal(self) -> bool:
        return any(column.personal for column in self.columns)

    @cached_property
    def documents(self) -> dict[str, Document]:
        """The columns that are scanned as documents."""
        return {
            column.name: column.scan for column in self.columns if isinstance(column.scan, Document)
        }

    @property
    def needs_filter(self) -> bool:
        return self.partition is not None and self.partition.needs_filter

    @property
    def unit(self) -> Unit:
        """What one partition holds."""
        return self.partition.unit if self.partition else "day"

    @property
    def day(self) -> str:
        """DuckDB's SQL of the partition that a row lies in, as its first date."""
        return f"cast(date_trunc('{self.unit}', {self.moment}) as date)"

    def after(self, partition: date) -> date:
        """Return the first date of the next partition."""
        if self.unit == "day":
            return partition + timedelta(days=1)
        return (partition + timedelta(days=32)).replace(day=1)

    @property
    def on_every_date(self) -> str:
        """A condition that every row satisfies, and that a guarded table accepts as a filter.

        For what really must look through all dates: access, erasure, and the scan of documents.
        """
        if not self.moment or not self.needs_filter:
            return "true"
        kind = self.types[self.moment].name
        return f"({self.moment} >= cast('0001-01-01' as {kind}) or {self.moment} is null)"

    def is_on(self, engine: Engine) -> bool:
        return self.only_on in (None, engine)

    def stored_on(self, engine: Engine) -> str:
        """Return the table that an engine writes the rows to."""
        if engine == "duckdb" and self.stored_on_duckdb_as:
            return self.stored_on_duckdb_as
        return self.name

    def create_statement(self, engine: Engine) -> str:
        """Return the statement that creates the table where it is not there yet."""
        columns = ",\n".join(
            f"    {column.name} {column.type.sql(engine)}" for column in self.columns
        )
        statement = f"create table if not exists {self.stored_on(engine)} (\n{columns}\n)"
        return statement + (self._bigquery_options() if engine == "bigquery" else "")

    def _bigquery_options(self) -> str:
        options = ""
        if self.partition and self.moment:
            options += f"\npartition by {self._bigquery_partition(self.moment)}"
        if self.cluster:
            options += f"\ncluster by {', '.join(self.cluster)}"
        if self.needs_filter:
            options += "\noptions (require_partition_filter = true)"
        return options

    def _bigquery_partition(self, moment: str) -> str:
        if self.types[moment] == DATE:
            return moment
        return (
            f"date({moment})" if self.unit == "day" else f"timestamp_trunc({moment}, {self.unit})"
        )

    def _personal(self, kind: Personal) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.personal == kind)


def tables_on(engine: Engine, tables: Iterable[Table]) -> list[Table]:
    """Return the tables that an engine has."""
    return [table for table in tables if table.is_on(engine)]


def text_leaves(columns: Mapping[str, Type], prefix: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield dotted paths of the texts and fields of structs that are in no list."""
    for name, kind in columns.items():
        path = (*prefix, name)
        if kind.is_text:
            yield ".".join(path)
        elif kind.fields and not kind.is_list:
            yield from text_leaves(kind.fields, path)
