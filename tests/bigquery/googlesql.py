"""Google's own SQL analyzer and reference evaluator, without a network, behind two calls."""

import ctypes
import fcntl
import functools
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import wasmtime
from google.cloud.bigquery import ArrayQueryParameter, ScalarQueryParameter, SchemaField
from google.protobuf.message import Message
from zetasql.core.exceptions import ServerError
from zetasql.core.wasm_client import WasmClient, get_tzinfo_dir
from zetasql.wasi import get_wasm_path
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2 as service
from zetasql.wasi._pb2.zetasql.proto import options_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import options_pb2 as public_options
from zetasql.wasi._pb2.zetasql.public import type_pb2

from matchback.sources.catalog import TABLES
from matchback.warehouse.bigquery import in_bigquery
from matchback.warehouse.tables import tables_on

PROJECT = "offline"
PREFIX = "matchback_"
# The open-source analyzer knows more than BigQuery does; these would let foreign SQL through.
NOT_IN_BIGQUERY = (
    "AGGREGATE_FILTERING",
    "ARRAY_AGGREGATION_FUNCTIONS",
    "ARRAY_EQUALITY",
    "ARRAY_FIND_FUNCTIONS",
    "ARRAY_ORDERING",
    "ARRAY_ZIP",
    "FIRST_AND_LAST_N",
    "INLINE_LAMBDA_ARGUMENT",
    "LATERAL_JOIN",
    "LIMIT_OFFSET_EXPRESSIONS",
    "LITERAL_CONCATENATION",
    "MULTILEVEL_AGGREGATION",
    "MULTIWAY_UNNEST",
    "NULLIFZERO_ZEROIFNULL",
    "UNNEST_AND_FLATTEN_ARRAYS",
)
STORED = re.compile(rf"`{PROJECT}`\.`(\w+)`\.`(\w+)`")
STORED_WITHOUT_ALIAS = re.compile(rf"{STORED.pattern}(?!\s+as\b)")
API_NAMES = {"INT64": "INTEGER", "DOUBLE": "FLOAT", "BOOL": "BOOLEAN"}
TYPE_KINDS = {api: kind for kind, api in API_NAMES.items()} | {"FLOAT64": "DOUBLE"}

Name = tuple[str, ...]
Parameter = ScalarQueryParameter | ArrayQueryParameter


class SqlRejectedError(Exception):
    """GoogleSQL does not accept a statement; the text says why and where."""


@dataclass(frozen=True)
class Column:
    """One column of a table or result with its GoogleSQL type."""

    name: str
    type: Message

    @property
    def field(self) -> SchemaField:
        """The column as the BigQuery API would describe it."""
        return _schema_field(self.name, self.type)


@dataclass(frozen=True)
class Analyzed:
    """What a statement turned out to be: its kind, the relation it makes and its columns."""

    kind: str
    creates: Name | None
    columns: tuple[Column, ...]
    drops: Name | None = None
    resolved: Message | None = None


class GoogleSql:
    """One analyzer with the tables it knows; names are (dataset, table), case as written."""

    def __init__(self, cache: Path | None = None) -> None:
        self._client = _client(cache or Path(sys.prefix) / "var" / "googlesql")
        self._language = self._language_options()
        self.tables: dict[Name, tuple[Column, ...]] = {}
        # The same question has the same answer: dbt's second day asks most of the first again.
        self._answers: dict[bytes, Message] = {}

    def analyze(
        self, sql: str, parameters: Sequence[Parameter] = (), *, has_untyped: bool = False
    ) -> Analyzed:
        """Resolve every name and type of one statement; SqlRejectedError if that fails.

        With `has_untyped` the types of parameters follow from their use.
        """
        options = self.options(parameters)
        options.allow_undeclared_parameters = has_untyped
        request = service.AnalyzeRequest(
            options=options,
            simple_catalog=self._catalog(sql),
            sql_statement=sql,
        )
        asked = request.SerializeToString(deterministic=True)
        if asked not in self._answers:
            self._answers[asked] = self.call("Analyze", request, service.AnalyzeResponse)
        response = self._answers[asked]
        return replace(_analyzed(response.resolved_statement), resolved=response.resolved_statement)

    def declare(self, name: Name, columns: Mapping[str, str]) -> None:
        """Make a table known by its columns and their types."""
        spelled = ", ".join(f"`{column}` {kind}" for column, kind in columns.items())
        self.tables[name] = self.analyze(f"create table declared.columns ({spelled})").columns

    def statements(self, script: str) -> Iterator[str]:
        """Cut a script into its statements."""
        position = 0
        data = script.encode()
        while data[position:].strip():
            request = service.ExtractTableNamesFromNextStatementRequest(
                options=self._language,
                parse_resume_location={"input": script, "byte_position": position},
            )
            response = self.call(
                "ExtractTableNamesFromNextStatement",
                request,
                service.ExtractTableNamesFromNextStatementResponse,
            )
            yield data[position : response.resume_byte_position].decode()
            position = response.resume_byte_position

    def rows(self, query: str) -> tuple[tuple[Column, ...], list[tuple[Any, ...]]]:
        """Run a query that reads no stored table; the reference implementation computes it."""
        columns = self.analyze(query).columns
        wrapped = f"select to_json_string(answer) from (\n{query}\n) as answer"
        request = service.EvaluateQueryRequest(
            sql=wrapped, options=self.options(), simple_catalog=self._catalog(query)
        )
        response = self.call("EvaluateQuery", request, service.EvaluateQueryResponse)
        rows = []
        for row in response.content.table_data.row:
            values = json.loads(
                row.cell[0].string_value, parse_float=Decimal, object_pairs_hook=list
            )
            rows.append(
                tuple(
                    _python_value(value, column.type)
                    for (_, value), column in zip(values, columns, strict=True)
                )
            )
        return columns, rows

    def evaluate(self, query: str, contents: Mapping[Name, Message]) -> Message:
        """Compute a query on given rows with the reference implementation; returns its rows.

        It reads tables of the root catalog only.
        """
        flat = STORED_WITHOUT_ALIAS.sub(r"\1__\2 as \2", query)
        flat = STORED.sub(r"\1__\2", flat)
        request = service.EvaluateQueryRequest(sql=flat, options=self.options())
        catalog = request.simple_catalog
        self.begin(catalog)
        for name in set(STORED.findall(query)):
            add_table(catalog, "__".join(name), self.tables[name])
            request.table_content["__".join(name)].CopyFrom(contents[name])
        return self.call("EvaluateQuery", request, service.EvaluateQueryResponse).content

    def reads_a_table(self, sql: str) -> bool:
        """Say whether a query reads any table that it does not define itself."""
        return any(len(path) > 1 for path in self._referenced(sql))

    def _catalog(self, sql: str) -> Message:
        catalog = simple_catalog_pb2.SimpleCatalogProto(name=PROJECT)
        catalog.builtin_function_options.language_options.CopyFrom(self._language)
        for path in self._referenced(sql):
            key = path if path in self.tables else path[-2:]
            if key not in self.tables or (key != path and len(path) == 3 and path[0] != PROJECT):
                continue
            parent = catalog
            for part in path[:-1]:
                parent = _child(parent, part)
            if all(table.name != key[-1] for table in parent.table):
                add_table(parent, key[-1], self.tables[key])
                parent.table[-1].full_name = ".".join(key[-2:])
        return catalog

    def _referenced(self, sql: str) -> Iterable[Name]:
        request = service.ExtractTableNamesFromStatementRequest(
            sql_statement=sql, options=self._language
        )
        response = self.call(
            "ExtractTableNamesFromStatement",
            request,
            service.ExtractTableNamesFromStatementResponse,
        )
        return {
            tuple(part for segment in name.table_name_segment for part in segment.split("."))
            for name in response.table_name
        }

    def options(self, parameters: Sequence[Parameter] = ()) -> Message:
        options = options_pb2.AnalyzerOptionsProto(language_options=self._language)
        for parameter in parameters:
            kind = _parameter_type(parameter)
            if parameter.name:
                options.query_parameters.add(name=parameter.name, type=kind)
            else:
                options.parameter_mode = public_options.PARAMETER_POSITIONAL
                options.positional_query_parameters.add().CopyFrom(kind)
        options.default_timezone = "UTC"
        options.error_message_mode = public_options.ERROR_MESSAGE_ONE_LINE
        return options

    def _language_options(self) -> Message:
        language = self.call(
            "GetLanguageOptions",
            service.LanguageOptionsRequest(maximum_features=True),
            options_pb2.LanguageOptionsProto,
        )
        foreign = {
            public_options.LanguageFeature.Value(f"FEATURE_{name}") for name in NOT_IN_BIGQUERY
        }
        kept = [f for f in language.enabled_language_features if f not in foreign]
        language.ClearField("enabled_language_features")
        language.enabled_language_features.extend(kept)
        language.ClearField("supported_statement_kinds")
        language.product_mode = public_options.ProductMode.Value("PRODUCT_EXTERNAL")
        return language

    def begin(self, catalog: Message) -> None:
        """Make an empty catalog of this project, with BigQuery's functions."""
        catalog.name = PROJECT
        catalog.builtin_function_options.language_options.CopyFrom(self._language)

    @staticmethod
    def type_of(name: str) -> Message:
        """Return a scalar type by its name."""
        return column_of(SchemaField("value", name.upper())).type

    @staticmethod
    def parameter_type(parameter: Parameter) -> Message:
        """Return the type that a query parameter declares."""
        return _parameter_type(parameter)

    def call(self, method: str, request: Message, answer: type[Message]) -> Any:
        try:
            return self._client.call_grpc_func(f"ZetaSqlLocalService_{method}", request, answer)
        except ServerError as error:
            raise SqlRejectedError(str(error)) from None


@functools.cache
def _client(cache: Path) -> "_CachedClient":
    """Return the process's one client; what an analyzer knows goes along with every call."""
    return _CachedClient(cache)


class _CachedClient(WasmClient):
    """The library's client; machine code is kept between processes, memory copied whole."""

    def __init__(self, cache: Path) -> None:
        wasi = wasmtime.WasiConfig()
        wasi.inherit_stderr()
        zones = get_tzinfo_dir()
        if zones:
            wasi.preopen_dir(zones, "/usr/share/zoneinfo")
        config = wasmtime.Config()
        config.shared_memory = True
        engine = wasmtime.Engine(config)
        self.store = wasmtime.Store(engine)
        self.store.set_wasi(wasi)
        self.module = _compiled(engine, cache)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        self.instance = linker.instantiate(self.store, self.module)
        self.exports = self.instance.exports(self.store)
        self.exports["_initialize"](self.store)
        self.memory = self.exports["memory"]

    def write_bytes(self, ptr: int, data: bytes) -> None:
        ctypes.memmove(self._address(ptr), data, len(data))

    def read_bytes(self, ptr: int, size: int) -> bytes:
        return ctypes.string_at(self._address(ptr), size)

    def _address(self, ptr: int) -> int:
        base = ctypes.cast(self.memory.data_ptr(), ctypes.c_void_p).value
        return (base or 0) + ptr


def _compiled(engine: wasmtime.Engine, cache: Path) -> wasmtime.Module:
    """Compiling takes most of a minute of CPU, reading the result a second."""
    source = Path(get_wasm_path())
    mark = f"{version('wasmtime')}-{source.stat().st_size}-{source.stat().st_mtime_ns}"
    kept = cache / f"googlesql-{hashlib.sha256(mark.encode()).hexdigest()[:16]}.cwasm"
    cache.mkdir(parents=True, exist_ok=True)
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            return wasmtime.Module.deserialize_file(engine, str(kept))
        module = wasmtime.Module.from_file(engine, str(source))
        partial = kept.with_suffix(".partial")
        partial.write_bytes(module.serialize())
        partial.replace(kept)
    return module


def _child(parent: Message, name: str) -> Message:
    for catalog in parent.catalog:
        if catalog.name == name:
            return catalog
    return parent.catalog.add(name=name)


def add_table(parent: Message, name: str, columns: Sequence[Column]) -> None:
    table = parent.table.add(name=name, name_in_catalog=name)
    for column in columns:
        table.column.add(name=column.name, type=column.type, is_writable_column=True)


def _analyzed(statement: Message) -> Analyzed:
    """Unwrap the one node that a statement is, down to its concrete kind."""
    node = statement
    name = ""
    while node.DESCRIPTOR.name.startswith("AnyResolved"):
        [(field, node)] = node.ListFields()
        name = field.name
    kind = name.removeprefix("resolved_").removesuffix("_stmt_node").upper()
    if kind == "QUERY":
        columns = tuple(Column(item.name, item.column.type) for item in node.output_column_list)
        return Analyzed("SELECT", None, columns)
    if not kind.startswith("CREATE_"):
        return Analyzed(kind, None, (), _name(node.name_path) if kind == "DROP" else None)
    base = node
    while not hasattr(base, "name_path"):
        base = base.parent
    table = _ancestor_with(node, "column_definition_list")
    definitions = list(table.column_definition_list) if table is not None else []
    columns = tuple(Column(item.name, item.type) for item in definitions)
    if kind == "CREATE_VIEW":
        outputs = _ancestor_with(node, "output_column_list").output_column_list
        columns = tuple(Column(item.name, item.column.type) for item in outputs)
    return Analyzed(kind, _name(base.name_path), columns)


def _name(path: Sequence[str]) -> Name:
    return tuple(part for segment in path for part in segment.split("."))[-2:]


def _ancestor_with(node: Message, field: str) -> Message | None:
    while field not in node.DESCRIPTOR.fields_by_name:
        if "parent" not in node.DESCRIPTOR.fields_by_name:
            return None
        node = node.parent
    return node


def kind_of(kind: Message) -> str:
    """Return the name of a type's kind, such as INT64 or ARRAY."""
    return type_pb2.TypeKind.Name(kind.type_kind).removeprefix("TYPE_")


def type_text(kind: Message) -> str:
    """Spell a type as BigQuery's DDL does."""
    if kind_of(kind) == "ARRAY":
        return f"array<{type_text(kind.array_type.element_type)}>"
    if kind_of(kind) == "STRUCT":
        fields = [f"{f.field_name} {type_text(f.field_type)}" for f in kind.struct_type.field]
        return f"struct<{', '.join(fields)}>"
    return {"DOUBLE": "float64"}.get(kind_of(kind), kind_of(kind).lower())


def _schema_field(name: str, kind: Message, mode: str = "NULLABLE") -> SchemaField:
    if kind_of(kind) == "ARRAY":
        return _schema_field(name, kind.array_type.element_type, "REPEATED")
    if kind_of(kind) == "STRUCT":
        fields = [_schema_field(f.field_name, f.field_type) for f in kind.struct_type.field]
        return SchemaField(name, "RECORD", mode=mode, fields=fields)
    return SchemaField(name, API_NAMES.get(kind_of(kind), kind_of(kind)), mode=mode)


def column_of(field: SchemaField) -> Column:
    """Return a column of the API's description of it."""
    kind = type_pb2.TypeProto()
    name = TYPE_KINDS.get(field.field_type, field.field_type)
    if name in {"RECORD", "STRUCT"}:
        kind.type_kind = type_pb2.TypeKind.Value("TYPE_STRUCT")
        for part in map(column_of, field.fields):
            kind.struct_type.field.add(field_name=part.name, field_type=part.type)
    else:
        kind.type_kind = type_pb2.TypeKind.Value(f"TYPE_{name}")
    if field.mode != "REPEATED":
        return Column(field.name, kind)
    array = type_pb2.TypeProto(type_kind=type_pb2.TypeKind.Value("TYPE_ARRAY"))
    array.array_type.element_type.CopyFrom(kind)
    return Column(field.name, array)


def _parameter_type(parameter: Parameter) -> Message:
    if isinstance(parameter, ArrayQueryParameter):
        return column_of(SchemaField("list", parameter.array_type, "REPEATED")).type
    return GoogleSql.type_of(parameter.type_)


def with_declared_tables() -> GoogleSql:
    """Return an analyzer that knows every declared table."""
    google = GoogleSql()
    for table in tables_on("bigquery", TABLES):
        made = google.analyze(in_bigquery(table.create_statement("bigquery"), PREFIX))
        google.tables[made.creates] = made.columns
    return google


def _python_value(value: Any, kind: Message) -> Any:
    """Turn one value of TO_JSON_STRING into what the BigQuery client would return."""
    name = kind_of(kind)
    if value is None:
        return None
    if name == "ARRAY":
        return [_python_value(item, kind.array_type.element_type) for item in value]
    if name == "STRUCT":
        return {
            field.field_name: _python_value(item, field.field_type)
            for (_, item), field in zip(value, kind.struct_type.field, strict=True)
        }
    return SCALARS.get(name, _same)(value)


def _same(value: Any) -> Any:
    return value


SCALARS = {
    "INT64": int,
    "DOUBLE": float,
    "NUMERIC": lambda value: Decimal(str(value)),
    "BIGNUMERIC": lambda value: Decimal(str(value)),
    "DATE": date.fromisoformat,
    "TIMESTAMP": datetime.fromisoformat,
}
