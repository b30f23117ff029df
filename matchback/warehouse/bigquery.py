"""The distributed warehouse: datasets `<dataset>_<schema>` of one BigQuery project."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError
from google.cloud import bigquery

from matchback.config import BigQueryWarehouseConfig, Config
from matchback.core.clock import Clock
from matchback.core.errors import ConfigError, MatchbackError, TableMissingError, WarehouseBusyError
from matchback.core.settings import bigquery_emulator
from matchback.warehouse.base import Parameters, Row, RowsInTables
from matchback.warehouse.column_security import guard_personal_tables
from matchback.warehouse.storage_read import read_batches, read_client
from matchback.warehouse.tables import Engine, Table, Unit, tables_on

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from google.cloud.bigquery_storage_v1 import BigQueryReadClient

SCHEMAS = ("landing", "quarantine", "reference", "work", "marts_next", "marts", "ops")
TABLE_OR_TEXT = re.compile(rf"'(?:[^'\\]|\\.)*'|(?<![\w.`])({'|'.join(SCHEMAS)})(?=\.[A-Za-z_])")
NAMED_PARAMETER = re.compile(r"'(?:[^'\\]|\\.)*'|\$([A-Za-z_]\w*)")
# bool before int, datetime before date: each is also an instance of the other.
PARAMETER_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "BOOL"),
    (int, "INT64"),
    (float, "FLOAT64"),
    (Decimal, "NUMERIC"),
    (datetime, "TIMESTAMP"),
    (date, "DATE"),
    (bytes, "BYTES"),
)
CAP_EXCEEDED = "bytesBilledLimitExceeded"
ALREADY_EXISTS_ATTEMPTS = 5


@dataclass(frozen=True)
class Partition:
    """What one load job replaces: a table, or one day or month of it."""

    table: str
    day: date | None = None
    unit: Unit = "day"

    @property
    def identifier(self) -> str:
        """The table with its partition decorator."""
        if self.day is None:
            return self.table
        return f"{self.table}${self.day:{'%Y%m' if self.unit == 'month' else '%Y%m%d'}}"


class BigQueryWarehouse(RowsInTables):
    """A BigQuery client whose every query is capped, labelled and counted; times are UTC."""

    engine: Engine = "bigquery"

    def __init__(
        self,
        client: bigquery.Client,
        config: BigQueryWarehouseConfig,
        keep_days: int | None = None,
        tables: Iterable[Table] = (),
    ) -> None:
        """Guard personal columns for `keep_days` of delivery logs; None leaves tables unguarded."""
        self.client = client
        self.config = config
        self.keep_days = keep_days
        self.tables = tables_on(self.engine, tables)
        self.bytes_billed = 0
        self._session: str | None = None
        self._reader: BigQueryReadClient | None = None

    @classmethod
    def open(cls, config: Config, tables: Iterable[Table]) -> Self:
        """Connect with the application default credentials; ConfigError without any."""
        warehouse = config.warehouse
        if not isinstance(warehouse, BigQueryWarehouseConfig):
            raise ConfigError("warehouse.engine is not bigquery; check matchback.yml.")
        client = connect(warehouse.project, warehouse.location)
        return cls(client, warehouse, config.retention.delivery_log_days, tables)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def prefix(self) -> str:
        """What the name of every dataset begins with."""
        return self.config.dataset_prefix

    def execute(self, sql: str, parameters: Parameters = None) -> None:
        self._result(sql, parameters)

    def rows(self, sql: str, parameters: Parameters = None) -> list[Row]:
        return [
            {name: _without_zone(value) for name, value in row.items()}
            for row in self._result(sql, parameters)
        ]

    def frame(self, sql: str, parameters: Parameters = None) -> "pd.DataFrame":
        rows = self._result(sql, parameters)
        frame = rows.to_dataframe(
            create_bqstorage_client=False, bool_dtype=None, int_dtype=None, date_dtype=None
        )
        return _as_duckdb_frames(frame, rows.schema)

    def scanned_bytes(self, sql: str, parameters: Parameters = None) -> int:
        """Return the bytes that a query would scan; TableMissingError if it cannot be told."""
        settings = self._settings(parameters)
        settings.maximum_bytes_billed = None
        settings.dry_run = True
        settings.use_query_cache = False
        with _explained(self.config):
            job = self.client.query(in_bigquery(sql, self.prefix), job_config=settings)
        return int(job.total_bytes_processed or 0)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in one session's transaction; the service keeps it all or nothing."""
        self._session = self._begin()
        try:
            yield
            self._finish("commit transaction")
        except BaseException:
            self._finish("rollback transaction")
            raise
        finally:
            self._end_session()

    def read(
        self, table: str, columns: Sequence[str], restriction: str = ""
    ) -> "Iterator[pa.RecordBatch]":
        """Yield the stored rows of one of matchback's tables that satisfy a condition."""
        return self.read_from(self._spelled(table), columns, restriction)

    def read_from(
        self, table: str, columns: Sequence[str], restriction: str = ""
    ) -> "Iterator[pa.RecordBatch]":
        """Yield the stored rows of `project.dataset.table`, these columns only."""
        with _explained(self.config):
            self._reader = self._reader or read_client()
            yield from read_batches(self._reader, table, columns, restriction)

    def apply_ddl(self) -> None:
        for schema in SCHEMAS:
            dataset = bigquery.Dataset(f"{self.config.project}.{self.prefix}{schema}")
            dataset.location = self.config.location
            dataset.labels = dict(self.config.labels)
            with _explained(self.config):
                self.client.create_dataset(dataset, exists_ok=True)
        for table in self.tables:
            self.execute(table.create_statement(self.engine))
        if self.keep_days is not None:
            with _explained(self.config):
                guard_personal_tables(
                    self.client,
                    self.tables,
                    f"{self.config.project}.{self.prefix}",
                    dict(self.config.policy_tags),
                    self.keep_days,
                )

    def load_parquet(
        self, partition: Partition, parquet: Path, run_id: str, *, appends: bool = False
    ) -> int:
        """Replace one partition by the rows of a file, or add them; returns the rows loaded.

        The job's name follows from run, partition and content: sent twice, it runs once.
        """
        settings = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND
            if appends
            else bigquery.WriteDisposition.WRITE_TRUNCATE,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            labels=dict(self.config.labels),
        )
        settings.parquet_options = _list_inference()
        target = self._spelled(partition.identifier)
        name = load_job_id(partition, parquet, run_id)
        with _explained(self.config):
            for attempt in range(ALREADY_EXISTS_ATTEMPTS):
                job = self._submit(parquet, target, f"{name}_{attempt}", settings)
                job.reload()
                if not (job.state == "DONE" and job.error_result):
                    job.result()
                    return int(job.output_rows or 0)
        raise MatchbackError(
            f"Loading {partition.identifier} failed {ALREADY_EXISTS_ATTEMPTS} times in this run; "
            "look at the job's errors in BigQuery, then run again."
        )

    def write_partition(self, partition: Partition, sql: str, run_id: str) -> None:
        """Replace one partition by the rows of a query; sent twice in a run, it runs once."""
        settings = self._settings(None)
        settings.destination = bigquery.TableReference.from_string(
            self._spelled(partition.identifier)
        )
        settings.write_disposition = bigquery.WriteDisposition.WRITE_TRUNCATE
        settings.create_disposition = bigquery.CreateDisposition.CREATE_NEVER
        name = job_id("copy", partition, sha256(sql.encode()).hexdigest(), run_id)
        with _explained(self.config):
            try:
                job = self.client.query(sql, job_config=settings, job_id=name, job_retry=None)
            except Conflict:
                job = cast(bigquery.QueryJob, self._sent_job(name))
            job.result()
        self.bytes_billed += int(job.total_bytes_billed or 0)

    def schema_of(self, table: str) -> list[bigquery.SchemaField]:
        """Return the columns of one of matchback's tables."""
        with _explained(self.config):
            return list(self.client.get_table(self._spelled(table)).schema)

    def create_passing(self, table: str, like: str, hours: int) -> None:
        """Create an empty table with another's columns that is gone after some hours."""
        with _explained(self.config):
            columns = self.client.get_table(self._spelled(like)).schema
            passing = bigquery.Table(self._spelled(table), schema=columns)
            passing.expires = Clock().now + timedelta(hours=hours)
            self.client.delete_table(passing, not_found_ok=True)
            self.client.create_table(passing)

    def drop(self, table: str) -> None:
        """Delete a table if it is there."""
        with _explained(self.config):
            self.client.delete_table(self._spelled(table), not_found_ok=True)

    def _spelled(self, table: str) -> str:
        return f"{self.config.project}.{self.prefix}{table}"

    def _submit(
        self, parquet: Path, target: str, job_id: str, settings: bigquery.LoadJobConfig
    ) -> bigquery.LoadJob:
        """Send a load job, or attach to the one that an earlier attempt already sent."""
        try:
            with parquet.open("rb") as file:
                return self.client.load_table_from_file(
                    file,
                    target,
                    job_id=job_id,
                    location=self.config.location,
                    project=self.config.project,
                    job_config=settings,
                )
        except Conflict:
            return cast(bigquery.LoadJob, self._sent_job(job_id))

    def _sent_job(self, job_id: str) -> object:
        return self.client.get_job(
            job_id, project=self.config.project, location=self.config.location
        )

    def _result(self, sql: str, parameters: Parameters) -> Any:  # noqa: ANN401
        settings = self._settings(parameters)
        with _explained(self.config):
            job = self.client.query(in_bigquery(sql, self.prefix), job_config=settings)
            rows = job.result()
        self.bytes_billed += int(job.total_bytes_billed or 0)
        return rows

    def _settings(self, parameters: Parameters) -> bigquery.QueryJobConfig:
        settings = bigquery.QueryJobConfig(
            maximum_bytes_billed=self.config.maximum_bytes,
            labels=dict(self.config.labels),
            query_parameters=query_parameters(parameters),
        )
        if self._session:
            settings.connection_properties = [
                bigquery.ConnectionProperty("session_id", self._session)
            ]
        return settings

    def _begin(self) -> str:
        settings = self._settings(None)
        settings.create_session = True
        with _explained(self.config):
            job = self.client.query("begin transaction", job_config=settings)
            job.result()
        if job.session_info is None or job.session_info.session_id is None:
            raise MatchbackError("BigQuery opened no session for a transaction; run again.")
        return job.session_info.session_id

    def _finish(self, statement: str) -> None:
        self.execute(statement)

    def _end_session(self) -> None:
        """Give the session back; one that is lost ends by itself after a day."""
        try:
            self.execute("call bq.abort_session()")
        except MatchbackError:
            return
        finally:
            self._session = None

    def close(self) -> None:
        self.client.close()


def connect(project: str, location: str | None = None) -> bigquery.Client:
    """Return a client with the application default credentials; ConfigError without any."""
    try:
        return bigquery.Client(
            project=project,
            location=location,
            credentials=AnonymousCredentials() if bigquery_emulator() else None,
        )
    except DefaultCredentialsError:
        raise ConfigError(
            "There are no Google credentials; run `gcloud auth application-default login` or "
            "set GOOGLE_APPLICATION_CREDENTIALS, then run again."
        ) from None


def in_bigquery(sql: str, prefix: str) -> str:
    """Name datasets and parameters as BigQuery does; quoted texts stay as they are."""
    named = TABLE_OR_TEXT.sub(lambda found: f"{prefix}{found[1]}" if found[1] else found[0], sql)
    return NAMED_PARAMETER.sub(lambda found: f"@{found[1]}" if found[1] else found[0], named)


def query_parameters(
    parameters: Parameters,
) -> list[bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter]:
    """Return typed query parameters; positional ones have no name."""
    if parameters is None:
        return []
    if isinstance(parameters, Mapping):
        return [_parameter(name, value) for name, value in parameters.items()]
    return [_parameter(None, value) for value in parameters]


def load_job_id(partition: Partition, parquet: Path, run_id: str) -> str:
    """Return the name of a load job: the same run, partition and content give the same name.

    The run is part of it because an older content may come back after a newer one.
    """
    return job_id("load", partition, sha256(parquet.read_bytes()).hexdigest(), run_id)


def job_id(verb: str, partition: Partition, content: str, run_id: str) -> str:
    """Return the name of a job that writes a partition, for a digest of what it writes."""
    identity = sha256(f"{run_id}|{partition.identifier}|{content}".encode()).hexdigest()
    target = re.sub(r"[^A-Za-z0-9_-]", "_", partition.identifier)
    return f"matchback_{verb}_{target}_{identity[:24]}"


def _parameter(
    name: str | None,
    value: Any,  # noqa: ANN401 - what a caller binds
) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    if isinstance(value, list | tuple):
        kind = _type_name(value[0]) if value else "STRING"
        return bigquery.ArrayQueryParameter(name, kind, list(value))
    return bigquery.ScalarQueryParameter(name, _type_name(value), value)


def _as_duckdb_frames(
    frame: "pd.DataFrame", schema: Sequence[bigquery.SchemaField]
) -> "pd.DataFrame":
    """Give columns the types that DuckDB's frames have: floats for decimals, times without zone."""
    for field in schema:
        if field.mode == "REPEATED":
            continue
        if field.field_type in ("NUMERIC", "BIGNUMERIC"):
            frame[field.name] = frame[field.name].astype("float64")
        elif field.field_type == "TIMESTAMP":
            frame[field.name] = frame[field.name].dt.tz_localize(None)
    return frame


def _without_zone(value: object) -> object:
    """Return a time as DuckDB does: in UTC without saying so."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _type_name(value: object) -> str:
    return next((name for kind, name in PARAMETER_TYPES if isinstance(value, kind)), "STRING")


def _list_inference() -> bigquery.ParquetOptions:
    options = bigquery.ParquetOptions()
    options.enable_list_inference = True
    return options


@contextmanager
def _explained(config: BigQueryWarehouseConfig) -> Iterator[None]:
    """Turn an API error into one sentence; the message of the API may hold values, so it stays."""
    try:
        yield
    except NotFound:
        raise TableMissingError(
            f"BigQuery does not know a table of project {config.project}; run `matchback run` once "
            "to create them, or check warehouse.project and warehouse.dataset."
        ) from None
    except Conflict:
        raise WarehouseBusyError(
            f"Another job is changing the same tables of project {config.project}; wait for it, "
            "then run again."
        ) from None
    except GoogleAPICallError as error:
        reasons = {str(item.get("reason")) for item in error.errors or []}
        if CAP_EXCEEDED in reasons:
            raise MatchbackError(
                f"A query would scan more than warehouse.maximum_bytes_billed "
                f"({config.maximum_bytes_billed}); raise the cap or shorten the window."
            ) from None
        reason = ", ".join(sorted(reasons)) or type(error).__name__
        raise MatchbackError(
            f"BigQuery refused a request in project {config.project} ({reason}); check the roles "
            "in docs/bigquery.md and warehouse.location."
        ) from None
