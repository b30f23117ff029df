"""GA4 shards into landing: large Parquet stays Parquet, everything else goes into rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import islice
from typing import Any, cast

import orjson
import pyarrow as pa

from matchback.core.sql import literal, may_leak, quote
from matchback.sources.ga4 import shapes as ga4
from matchback.sources.ga4.parquet_footer import row_count_of, unfilled_paths
from matchback.sources.ga4.shapes import LandingColumn
from matchback.sources.ga4.shard_store import EVENTS, ROWS, Shard, store_of
from matchback.sources.kit.containers import json_rows
from matchback.sources.kit.errors import FileRefusedError, RowRejectedError
from matchback.sources.kit.file_loader import FileLoader
from matchback.sources.kit.files import (
    FoundFile,
    Line,
    container_of,
    opened,
)
from matchback.sources.kit.json_rows import is_large_log, parse_line, sampled_records
from matchback.sources.kit.landing_rows import (
    LoadContext,
    Quarantine,
    delete_rows,
    write_observed_columns,
)
from matchback.sources.kit.ledger import LoadCounts
from matchback.warehouse.base import Row
from matchback.warehouse.duckdb import DuckDBWarehouse

EXTENSIONS = (".parquet", ".avro", ".json", ".jsonl", ".gz")
QUICK_FROM_BYTES = {"gzip": 2 * 2**20, "text": 24 * 2**20}
# Fewer rows cost the engine less than a file of their own costs whoever reads the history.
PARQUET_FROM_ROWS = 50_000
SKIPPED_AT_MOST = 1_000
OBSERVED_EVENTS = 2_000
LINES_PER_BATCH = 5_000
BOOKKEEPING = frozenset(
    {
        "export_kind", "table_date", "file_name", "row_number", "run_id", "extra_columns",
        "secret_fields",
    }
)  # fmt: skip
NO_EVENT = "(event_timestamp is null or event_name is null)"
JSON_FIELD = pa.field(
    "event",
    pa.large_string(),
    metadata={"ARROW:extension:name": "arrow.json", "ARROW:extension:metadata": ""},
)
LINE_SCHEMA = pa.schema(
    [
        pa.field("row_number", pa.int64()),
        JSON_FIELD,
        pa.field("extra_columns", pa.string()),
        pa.field("secret_fields", pa.list_(pa.string())),
    ]
)


@dataclass(frozen=True)
class _Event:
    """One JSON event ready for landing."""

    number: int
    document: dict[str, Any]


@dataclass(frozen=True)
class Ga4Loader(FileLoader):
    """Loads exported shards; what landing does not know goes into extra_columns."""

    def digest(self, file: FoundFile) -> str:
        """Return the digest of the decompressed content."""
        container_of(file.path)
        if file.path.suffix.lower() not in EXTENSIONS:
            raise FileRefusedError(f"is none of {', '.join(EXTENSIONS)}")
        return super().digest(file)

    def rows_of(self, file: FoundFile) -> tuple[str, dict[str, Any]]:
        """Return the condition that names the rows of a file; the date prunes the history."""
        return (
            "table_date = $data_date and file_name = $file_name",
            {"data_date": file.data_date, "file_name": file.name},
        )

    def can_be_quick(self, file: FoundFile) -> bool:
        """Say whether the engine shall try to read the lines of a large JSON file by itself."""
        return is_large_log(file, QUICK_FROM_BYTES, _is_event)

    def load(self, context: LoadContext, file: FoundFile, *, careful: bool) -> LoadCounts:
        """Write the rows of one shard; part of the caller's transaction."""
        return self._landing(context, file).load(careful=careful)

    def replay(self, context: LoadContext, file: FoundFile, texts: dict[int, str]) -> set[int]:
        """Load corrected quarantined lines; return the numbers that are in landing now."""
        return self._landing(context, file).replay(texts)

    def _landing(self, context: LoadContext, file: FoundFile) -> "ShardLanding":
        of_file, parameters = self.rows_of(file)
        return ShardLanding(context, file, of_file, parameters)


@dataclass
class ShardLanding:
    """Writes the rows of one shard."""

    context: LoadContext
    file: FoundFile
    of_file: str
    parameters: dict[str, Any]

    @cached_property
    def warehouse(self) -> DuckDBWarehouse:
        """Where the rows go."""
        return self.context.warehouse

    @cached_property
    def columns(self) -> list[LandingColumn]:
        """The export's columns as landing holds them."""
        return landing_columns(self.warehouse)

    @cached_property
    def shape(self) -> dict[str, ga4.JsonShape]:
        """The export's columns as a light tree."""
        return {column.name: ga4.json_shape(column.arrow_type) for column in self.columns}

    @cached_property
    def rejected(self) -> Quarantine:
        """The rows that are none."""
        return Quarantine(self.context, "ga4", self.file)

    def load(self, *, careful: bool) -> LoadCounts:
        """Write the rows; part of the caller's transaction."""
        if self.file.data_date is None:
            raise FileRefusedError("has no date in its name; shards are named events_YYYYMMDD")
        container = container_of(self.file.path)
        if container == "parquet":
            return self._load_parquet()
        store_of(self.warehouse).show(has_rows=True)
        if container == "avro":
            self._load_documents(_avro_events(self.file))
        elif careful:
            with opened(self.file.path, container) as stream:
                self._load_documents(_json_events(json_rows(stream, _is_event), self.rejected))
        else:
            self._load_large_json()
        self._reject_rows_that_are_no_events()
        return self._counts(self._drop_doubled_rows())

    def replay(self, texts: dict[int, str]) -> set[int]:
        """Load corrected quarantined lines; return the numbers that are in landing now."""
        store_of(self.warehouse).show(has_rows=True)
        lines = (Line(number, text.encode()) for number, text in texts.items())
        events = [
            event
            for event in _json_events(lines, self.rejected)
            if all(event.document.get(name) is not None for name in ga4.REQUIRED_COLUMNS)
        ]
        self._insert_events(events)
        return {event.number for event in events}

    def _load_parquet(self) -> LoadCounts:
        """Store the file or write its rows, but doubled ones and those that are no events."""
        relation = (
            f"read_parquet({literal(str(self.file.path))}, file_row_number = true, "
            "hive_partitioning = false)"
        )
        numbered = f"(select *, file_row_number + 1 as matchback_row_number from {relation})"
        found = self.warehouse.arrow_schema(f"select * exclude (file_row_number) from {relation}")
        self._require_event_columns(found.names)
        empty = unfilled_paths(self.file.path)
        paths = ga4.observed_paths(found)
        observed = [(path, "" if path in empty else kind) for path, kind in paths]
        write_observed_columns(self.context, "ga4", self.file, observed)
        secrets = [
            name for name in ga4.PARAMETER_LISTS if self._may_hold_secret(relation, found, name)
        ]
        described = self.warehouse.rows(f"describe select * from {relation}")
        types = {row["column_name"]: row["column_type"] for row in described}
        expressions = ga4.select_list(found, types, self.columns, secrets)
        landed = self._as_landed(expressions, numbered)
        doubled = self._doubled_rows(landed)
        no_events = self._rows_that_are_no_events(landed, {"file_name": self.file.name})
        skipped = sorted({*doubled, *(row["row_number"] for row in no_events)})
        row_count = row_count_of(self.file.path)
        if self._stays_parquet(row_count, expressions, skipped):
            self._reject(no_events)
            self._store(expressions, skipped, row_count)
            return LoadCounts(row_count, self.rejected.count, len(doubled))
        store_of(self.warehouse).show(has_rows=True)
        # A delete after the insert, in one transaction, would write the whole shard twice.
        unskipped = (
            f"(select * from {numbered} "
            "where matchback_row_number not in (select row_number from skipped_rows))"
        )
        skipped_rows = pa.table({"row_number": pa.array(skipped, pa.int64())})
        with self.warehouse.unordered(), self.warehouse.registered("skipped_rows", skipped_rows):
            self._insert(expressions, unskipped)
        self._reject(no_events)
        return self._counts(len(doubled))

    def _stays_parquet(
        self, row_count: int, expressions: Mapping[str, str], skipped: Sequence[int]
    ) -> bool:
        """Say whether landing's columns are expressions over the file's own, and it is large."""
        known = {column.name for column in self.columns}
        return (
            row_count >= PARQUET_FROM_ROWS
            and set(expressions) <= known
            and len(skipped) <= SKIPPED_AT_MOST
            and store_of(self.warehouse).has_room_for(self.file.name)
        )

    def _store(
        self, expressions: Mapping[str, str], skipped: Sequence[int], row_count: int
    ) -> None:
        shard = Shard(
            file_name=self.file.name,
            table_date=cast(date, self.file.data_date),
            export_kind=self.file.export_kind or "daily",
            run_id=self.context.run_id,
            column_sql=expressions,
            skipped_rows=skipped,
            row_count=row_count - len(skipped),
        )
        store_of(self.warehouse).put(shard, self.file.path)

    def _as_landed(self, expressions: Mapping[str, str], relation: str) -> str:
        """Return the rows of a file as landing will hold them."""
        missing = {
            column.name: f"cast(null as {column.sql_type})"
            for column in self.columns
            if column.name not in expressions
        }
        landed = {"extra_columns": "cast(null as varchar)", **missing, **expressions}
        columns = ", ".join(f"{sql} as {quote(name)}" for name, sql in landed.items())
        return (
            f"(select {columns}, $file_name as file_name, matchback_row_number as row_number "
            f"from {relation})"
        )

    def _load_large_json(self) -> None:
        """Let the engine read the lines; it raises on bad JSON, bad values and repeated keys.

        What it would not notice (NaN, a token, an unknown member) is looked for apart: the first
        two in all lines, unknown members in about one of a hundred.
        """
        sample = sampled_records(self.file)
        odd = {name for event in sample for name in self._not_held(event) or ()}
        known = {column.name: column for column in self.columns}
        types = {name: known[name].sql_type for name in known if name not in odd}
        types.update(dict.fromkeys(odd, "JSON"))
        columns = ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in types.items())
        relation = (
            f"(select *, row_number() over () as matchback_row_number from read_json("
            f"{literal(str(self.file.path))}, format = 'newline_delimited', "
            f"columns = {{{columns}}}))"
        )
        paths = ga4.observed_json_paths(sample, self.shape)
        write_observed_columns(self.context, "ga4", self.file, paths)
        expressions = {
            name: quote(name)
            if name not in odd
            else f"from_json({quote(name)}, {literal(ga4.json_structure_of(column))})"
            for name, column in known.items()
        }
        for name in ga4.PARAMETER_LISTS:
            if name not in odd:
                expressions[name] = ga4.unless_suspicious(name)
        if odd:
            text = ga4.as_json({name: quote(name) for name in sorted(odd)})
            expressions["extra_columns"] = ga4.text_unless_secret(text)
        self._insert(expressions, relation)

    def _load_documents(self, events: Iterator[_Event]) -> None:
        observed: list[dict[str, Any]] = []
        while batch := list(islice(events, LINES_PER_BATCH)):
            if len(observed) < OBSERVED_EVENTS:
                observed.extend(event.document for event in batch)
            else:
                observed.extend(event.document for event in batch if self._not_held(event.document))
            self._insert_events(batch)
        if not observed and not self.rejected.count:
            raise FileRefusedError("holds no rows")
        if observed:
            paths = ga4.observed_json_paths(observed, self.shape)
            write_observed_columns(self.context, "ga4", self.file, paths)

    def _insert_events(self, events: list[_Event]) -> None:
        numbers, texts, extras, secrets = [], [], [], []
        for event in events:
            document, secret_fields = ga4.redacted_event(event.document)
            extra = self._not_held(document)
            numbers.append(event.number)
            texts.append(orjson.dumps(document).decode())
            extras.append(orjson.dumps(extra).decode() if extra else None)
            secrets.append(secret_fields or None)
        table = pa.table([numbers, texts, extras, secrets], schema=LINE_SCHEMA)
        structure = literal(ga4.json_structure(self.columns))
        expressions = {column.name: f"event.{quote(column.name)}" for column in self.columns}
        expressions |= {"extra_columns": "extra_columns", "secret_fields": "secret_fields"}
        relation = (
            f"(select row_number as matchback_row_number, from_json(event, {structure}) as event, "
            "extra_columns, secret_fields from incoming_events)"
        )
        with self.warehouse.registered("incoming_events", table):
            self._insert(expressions, relation)

    def _not_held(self, event: Mapping[str, Any]) -> dict[str, Any] | None:
        return ga4.unknown_or_mistyped(event, self.shape)

    def _insert(self, expressions: Mapping[str, str], relation: str) -> None:
        columns = ", ".join(f"{sql} as {quote(name)}" for name, sql in expressions.items())
        self.warehouse.execute(
            f"""
            insert into {ROWS} by name
            select {columns}, $export_kind as export_kind, cast($data_date as date) as table_date,
                $file_name as file_name, matchback_row_number as row_number, $run_id as run_id
            from {relation}
            """,
            {
                "export_kind": self.file.export_kind,
                "run_id": self.context.run_id,
                **self.parameters,
            },
        )

    def _require_event_columns(self, names: list[str]) -> None:
        lowered = {name.lower() for name in names}
        missing = [name for name in ga4.REQUIRED_COLUMNS if name not in lowered]
        if missing:
            raise FileRefusedError(f"has no column {' and '.join(missing)}")

    def _may_hold_secret(self, relation: str, found: pa.Schema, name: str) -> bool:
        """Look at the distinct texts of a parameter list, which the scan looks at again."""
        column = next(column for column in self.columns if column.name == name)
        if name not in found.names:
            return False
        how = ga4.fit(found.field(name).type, column.arrow_type)
        if how == "incompatible":
            return False
        entries = f"(select unnest({ga4.typed(name, column, how)}) as entry from {relation})"
        store = store_of(self.warehouse)
        texts = store.note_texts(
            self.file.name,
            name,
            f"select distinct entry.key as param, entry.value.string_value as value from {entries}",
        )
        leaks = self.warehouse.rows(
            f"select 1 as one from {texts} where {may_leak('value')} limit 1"
        )
        if leaks:
            store.forget_texts(self.file.name, name)
        return bool(leaks)

    def _reject_rows_that_are_no_events(self) -> None:
        landed = f"(select * from {ROWS} where {self.of_file})"
        rows = self._rows_that_are_no_events(landed, self.parameters)
        self._reject(rows)
        if rows:
            self.warehouse.execute(
                f"delete from {ROWS} where {self.of_file} and {NO_EVENT}", self.parameters
            )

    def _rows_that_are_no_events(self, landed: str, parameters: Mapping[str, Any]) -> list[Row]:
        return self.warehouse.rows(
            "select row_number, cast(to_json(event) as varchar) as text "
            f"from {landed} as event where {NO_EVENT}",
            parameters,
        )

    def _reject(self, rows: Sequence[Row]) -> None:
        for row in rows:
            document = {
                name: value
                for name, value in orjson.loads(row["text"]).items()
                if name in self.shape and value is not None
            }
            self.rejected.add(
                row["row_number"], "has no event_name or event_timestamp", orjson.dumps(document)
            )
        self.rejected.flush()

    def _doubled_rows(self, incoming: str) -> list[int]:
        """Return the rows that a shard repeats, of itself or of another of its date and kind.

        `incoming` is a relation of the shard's rows as landing holds them. The few whose moment,
        name and browser occur twice are found first; only they are compared in full.
        """
        others = (
            f"(select * from {EVENTS} where table_date = $data_date "
            "and export_kind = $export_kind and file_name <> $file_name)"
        )
        narrow = "hash(event_timestamp, event_name, user_pseudo_id)"
        payload = ", ".join(quote(column.name) for column in self.columns)
        parameters = {**self.parameters, "export_kind": self.file.export_kind}
        candidates = self.warehouse.rows(
            f"""
            select narrow_hash, any_value(event_timestamp) as event_timestamp
            from (
                select {narrow} as narrow_hash, event_timestamp, true as is_new from {incoming}
                where event_timestamp is not null and event_name is not null
                union all
                select {narrow} as narrow_hash, event_timestamp, false as is_new from {others}
            )
            group by narrow_hash
            having count(*) > 1 and bool_or(is_new)
            """,
            parameters,
        )
        if not candidates:
            return []
        compared = f"""
            select file_name, row_number, hash({payload}, extra_columns) as payload_hash
            from %s
            where event_timestamp in (select unnest($moments))
                and {narrow} in (select unnest($narrow_hashes))
        """
        doubled = self.warehouse.rows(
            f"""
            with compared as ({compared % incoming} union all {compared % others}),
            ranked as (
                select
                    *,
                    row_number() over (
                        partition by payload_hash
                        order by file_name = $file_name, file_name, row_number
                    ) as repeat_number
                from compared
            )
            select row_number from ranked where repeat_number > 1 and file_name = $file_name
            """,
            {
                **parameters,
                "moments": [row["event_timestamp"] for row in candidates],
                "narrow_hashes": [row["narrow_hash"] for row in candidates],
            },
        )
        return [row["row_number"] for row in doubled]

    def _drop_doubled_rows(self) -> int:
        doubled = self._doubled_rows(f"(select * from {ROWS} where {self.of_file})")
        if doubled:
            delete_rows(self.context, ROWS, self.of_file, self.parameters, doubled)
        return len(doubled)

    def _counts(self, doubled: int) -> LoadCounts:
        self.rejected.flush()
        query = f"select count(*) as row_count from {ROWS} where {self.of_file}"
        loaded = self.warehouse.rows(query, self.parameters)[0]["row_count"]
        rejected = self.rejected.count
        return LoadCounts(loaded + rejected + doubled, rejected, doubled)


def landing_columns(warehouse: DuckDBWarehouse) -> list[LandingColumn]:
    """Return the export's columns as landing holds them."""
    query = f"select * from {ROWS}"
    types = {row["column_name"]: row["column_type"] for row in warehouse.rows(f"describe {query}")}
    return [
        LandingColumn(column.name, column.type, types[column.name])
        for column in warehouse.arrow_schema(query)
        if column.name not in BOOKKEEPING
    ]


def _is_event(document: Mapping[str, Any]) -> bool:
    return not document.keys().isdisjoint(ga4.REQUIRED_COLUMNS)


def _json_events(lines: Iterator[Line], rejected: Quarantine) -> Iterator[_Event]:
    for line in lines:
        try:
            yield _Event(line.number, parse_line(line))
        except RowRejectedError as error:
            rejected.add(line.number, str(error), line.raw)


def _avro_events(file: FoundFile) -> Iterator[_Event]:
    import fastavro

    try:
        with file.path.open("rb") as stream:
            for number, record in enumerate(fastavro.reader(stream), start=1):
                text = orjson.dumps(record, default=str)
                yield _Event(number, orjson.loads(text))
    except (OSError, ValueError, EOFError, KeyError, IndexError, TypeError, StopIteration) as error:
        raise FileRefusedError(f"holds damaged avro data ({type(error).__name__})") from None
