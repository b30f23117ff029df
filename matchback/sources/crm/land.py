"""CRM orders into landing.crm_orders: files or a SQL database, contact values hashed on the way."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import orjson

from matchback.config import Config, CrmConfig
from matchback.core.errors import SourceError
from matchback.sources.crm.parse import (
    CrmParser,
    OrderRow,
    OrdersOfFile,
    Record,
    headers_of_ids,
    map_headers,
    surveyed,
)
from matchback.sources.crm.preset import Preset, preset_named
from matchback.sources.crm.statuses import Statuses
from matchback.sources.kit.containers import csv_cells, csv_rows, encoding_of, json_rows
from matchback.sources.kit.dates import Clocks
from matchback.sources.kit.errors import FileRefusedError, RowRejectedError
from matchback.sources.kit.file_loader import FileLoader
from matchback.sources.kit.files import Container, FoundFile, Line, container_of, opened
from matchback.sources.kit.json_rows import parse_line
from matchback.sources.kit.landing_rows import (
    LandingTable,
    LoadContext,
    Quarantine,
    write_observed_columns,
)
from matchback.sources.kit.ledger import LoadCounts

OBSERVED_ROWS = 1_000
JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")
CSV_SUFFIXES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class RawRecord:
    """One record as read: by header, or why it could not be read."""

    number: int
    record: Record | RowRejectedError
    raw: bytes = b""


@dataclass(frozen=True)
class RecordSource:
    """The headers of one file or query, and its records as often as they are asked for."""

    headers: list[str]
    records: Callable[[], Iterator[RawRecord]]

    def readable(self) -> Iterator[Record]:
        """Yield the records that could be read."""
        return (
            item.record for item in self.records() if not isinstance(item.record, RowRejectedError)
        )


@dataclass(frozen=True)
class CrmLoader(FileLoader):
    """Loads orders; of a rejected row its place and reason stay, never its text."""

    config: Config
    crm: CrmConfig
    database: "DatabaseRows | None" = None

    def digest(self, file: FoundFile) -> str:
        """Return the digest of the decompressed content, or of the query's rows."""
        if self.database is not None:
            return self.database.digest()
        return super().digest(file)

    def load(self, context: LoadContext, file: FoundFile, *, careful: bool) -> LoadCounts:
        """Write the rows of one file; part of the caller's transaction."""
        if self.database is not None:
            return self._load_records(context, file, self.database.source())
        return self._load_records(context, file, self._source(file))

    @cached_property
    def preset(self) -> Preset:
        """The configured preset."""
        return preset_named(self.crm.preset)

    def _source(self, file: FoundFile) -> RecordSource:
        container = container_of(file.path)
        suffix = [part for part in file.path.suffixes if part.lower() != ".gz"][-1:]
        if container == "parquet":
            return _parquet_source(file)
        if suffix and suffix[0].lower() in JSON_SUFFIXES:
            ids = headers_of_ids(self.crm, self.preset)
            with opened(file.path, container) as stream:
                return _json_source(
                    json_rows(stream, lambda record: not ids.isdisjoint(record), self.crm.encoding)
                )
        if suffix and suffix[0].lower() in CSV_SUFFIXES:
            return _csv_source(file.path, container, self.crm.encoding)
        raise FileRefusedError("is none of .csv, .tsv, .json, .jsonl, .parquet")

    def _load_records(
        self, context: LoadContext, file: FoundFile, source: RecordSource
    ) -> LoadCounts:
        rows = LandingTable(context, self.table, file)
        rejected = Quarantine(context, self.source, file, has_raw=False)
        country = self.config.property.default_country
        mapping = map_headers(source.headers, self.crm, self.preset)
        clocks = Clocks(self.config.crm_zone, context.latest_moment)
        survey = surveyed(source.readable(), mapping, clocks, country, self.crm.date_format)
        parser = CrmParser(mapping, survey, Statuses.of(self.crm, self.preset), country)
        orders = OrdersOfFile(survey.row_counts)
        observed: dict[str, str] = {}

        def write(order: Sequence[OrderRow]) -> None:
            try:
                rows.add(order[0].number, parser.landed(order))
            except RowRejectedError as error:
                for row in order:
                    rejected.add(row.number, str(error), row.raw)
                orders.further_rows -= len(order) - 1

        for position, item in enumerate(source.records()):
            try:
                if isinstance(item.record, RowRejectedError):
                    raise item.record
                if position < OBSERVED_ROWS:
                    _observe(item.record, observed)
                row = parser.read(item.number, item.record, item.raw)
            except RowRejectedError as error:
                rejected.add(item.number, str(error), item.raw)
                continue
            for order in orders.add(row):
                write(order)
        for order in orders.rest():
            write(order)
        rows.flush()
        rejected.flush()
        paths = [(header, observed.get(header, "STRING")) for header in source.headers if header]
        write_observed_columns(context, self.source, file, paths)
        read = rows.count + rejected.count + orders.further_rows
        return LoadCounts(read, rejected.count, orders.further_rows, notes=survey.notes)


@dataclass
class DatabaseRows:
    """The rows of a BigQuery table, or of a table or query behind a SQLAlchemy URL, read once."""

    config: Config
    crm: CrmConfig
    _rows: list[Record] | None = field(default=None, repr=False)
    _headers: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the ledger calls it."""
        return self.crm.table or "query"

    def digest(self) -> str:
        """Return a digest that does not depend on the order the database answers in."""
        digests = sorted(
            hashlib.sha256(orjson.dumps(list(row.values()), default=str)).digest()
            for row in self._read()
        )
        header = orjson.dumps(self._headers)
        return hashlib.sha256(header + b"".join(digests)).hexdigest()

    def source(self) -> RecordSource:
        """Return the records, numbered as the database answered."""
        rows = self._read()
        return RecordSource(self._headers, lambda: _numbered(rows))

    def _read(self) -> list[Record]:
        if self._rows is None:
            read = _read_database if self.crm.url else _read_bigquery
            self._headers, self._rows = read(self.config, self.crm)
        return self._rows


def _read_bigquery(config: Config, crm: CrmConfig) -> tuple[list[str], list[Record]]:
    from matchback.sources.kit.bigquery_table import BigQueryTable

    return BigQueryTable.open(config, "sources.crm.table", crm.table or "").records()


def _read_database(_: Config, crm: CrmConfig) -> tuple[list[str], list[Record]]:
    import sqlalchemy

    if crm.url is None:
        raise SourceError("sources.crm has no url; give one with the table or query.")
    try:
        engine = sqlalchemy.create_engine(crm.url.get_secret_value())
        statement = sqlalchemy.text(crm.query) if crm.query else _whole_table(crm.table or "")
        with engine.connect() as connection:
            result = connection.execute(statement)
            headers = list(result.keys())
            rows = [dict(zip(headers, row, strict=True)) for row in result]
        engine.dispose()
    except (sqlalchemy.exc.SQLAlchemyError, ImportError, OSError, ValueError) as error:
        # The error's text may quote the URL with its password, or a row.
        raise SourceError(
            f"The CRM database cannot be read ({type(error).__name__}); "
            "check sources.crm.url, its table or query, and that its driver is installed."
        ) from None
    return headers, rows


def _whole_table(name: str) -> Any:  # noqa: ANN401
    import sqlalchemy

    schema, _, table = name.rpartition(".")
    return sqlalchemy.select(sqlalchemy.text("*")).select_from(
        sqlalchemy.table(table, schema=schema or None)
    )


def _csv_source(path: Path, container: Container, given: str | None) -> RecordSource:
    with opened(path, container) as stream:
        encoding = encoding_of(stream, given)
        header = next(csv_rows(stream, encoding), None)
    if header is None or isinstance(header.cells, RowRejectedError):
        raise FileRefusedError("has no readable header line; export it with one")
    return RecordSource(header.cells, partial(_csv_records, path, container, encoding))


def _csv_records(path: Path, container: Container, encoding: str) -> Iterator[RawRecord]:
    with opened(path, container) as stream:
        rows = csv_rows(stream, encoding)
        header = next(rows).cells
        headers = [] if isinstance(header, RowRejectedError) else header
        for row in rows:
            raw = b"" if isinstance(row.cells, RowRejectedError) else _joined(row.cells)
            try:
                yield RawRecord(row.number, csv_cells(headers, row), raw)
            except RowRejectedError as error:
                yield RawRecord(row.number, error, raw)


def _joined(cells: list[str]) -> bytes:
    return "\x1f".join(cells).encode("utf-8", errors="surrogateescape")


def _json_source(lines: Iterator[Line]) -> RecordSource:
    """Return JSON records; the headers are the keys of all of them, so they are read at once."""
    headers: dict[str, None] = {}
    records: list[RawRecord] = []
    for line in lines:
        try:
            record = parse_line(line)
        except RowRejectedError as error:
            records.append(RawRecord(line.number, error, line.raw))
        else:
            headers.update(dict.fromkeys(record))
            records.append(RawRecord(line.number, record, line.raw))
    return RecordSource(list(headers), lambda: iter(records))


def _parquet_source(file: FoundFile) -> RecordSource:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file.path)
    except (pa.ArrowException, OSError) as error:
        raise FileRefusedError(f"holds damaged parquet data ({type(error).__name__})") from None
    rows = table.to_pylist()
    return RecordSource(table.column_names, lambda: _numbered(rows))


def _numbered(rows: Sequence[Record]) -> Iterator[RawRecord]:
    return (RawRecord(number, row) for number, row in enumerate(rows, start=1))


def _observe(record: Record, observed: dict[str, str]) -> None:
    words = (
        (bool, "BOOLEAN"),
        (int, "INTEGER"),
        (float, "FLOAT"),
        (Decimal, "NUMERIC"),
        (datetime, "TIMESTAMP"),
        (date, "DATE"),
        (str, "STRING"),
    )
    for header, value in record.items():
        if value is not None and header not in observed:
            observed[header] = next((w for kind, w in words if isinstance(value, kind)), "RECORD")
