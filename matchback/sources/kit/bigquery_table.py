"""Sources that are BigQuery tables: rows as records, or as files of one JSON object a line."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson
from google.cloud import bigquery

from matchback.config import BigQueryWarehouseConfig, Config, Ga4BigQueryConfig
from matchback.core.errors import ConfigError, SourceError
from matchback.sources.kit.errors import source_errors
from matchback.sources.kit.files import FoundFile
from matchback.warehouse.bigquery import connect
from matchback.warehouse.storage_read import read_batches, read_client

if TYPE_CHECKING:
    from google.cloud.bigquery_storage_v1 import BigQueryReadClient

# The prefix of the columns that Meta's Dataflow pipeline writes.
SINK_PREFIX = "metacapisink_"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class BigQueryTable:
    """One table that a source is configured with."""

    where: str
    table: str
    client: bigquery.Client = field(repr=False)
    reader: "BigQueryReadClient" = field(repr=False)

    @classmethod
    def open(cls, config: Config, where: str, table: str) -> Self:
        """Connect; ConfigError when the name lacks a project or dataset that nothing else tells."""
        name = _with_project(config, where, table)
        return cls(where, name, connect(name.split(".")[0]), read_client())

    def records(self) -> tuple[list[str], list[dict[str, Any]]]:
        """Return the columns and all rows; for tables that fit into memory."""
        with self._explained():
            columns = [column.name for column in self.client.get_table(self.table).schema]
            return columns, list(self.rows(columns))

    def rows(self, columns: Sequence[str], restriction: str = "") -> Iterator[dict[str, Any]]:
        """Yield the rows that satisfy a condition."""
        with self._explained():
            for batch in read_batches(self.reader, self.table, columns, restriction):
                yield from batch.to_pylist()

    def whole(self, source_format: str) -> FoundFile:
        """Return the table as one file."""
        with self._explained():
            columns = [column.name for column in self.client.get_table(self.table).schema]
        return FoundFile(
            path=Path(self.table),
            name=self.table,
            source_format=source_format,
            remote=TableRows(self, tuple(columns), ""),
        )

    def days(
        self, source_format: str, dataset_id: str | None, first: date, last: date
    ) -> list[FoundFile]:
        """Return one file for each UTC date between these that has rows."""
        with self._explained():
            schema = self.client.get_table(self.table).schema
            moment = self._moment(schema)
            day = "timestamp_millis({})" if moment.field_type == "INTEGER" else "{}"
            day = f"date({day.format(f'`{moment.name}`')})"
            job = self.client.query(
                f"select distinct {day} as day from `{self.table}` "
                f"where {_between(moment, first, last + DAY)} order by day"
            )
            dates = [row["day"] for row in job.result()]
        columns = tuple(column.name for column in schema)
        return [
            FoundFile(
                path=Path(self.table),
                name=f"{self.table}${day:%Y%m%d}",
                source_format=source_format,
                data_date=day,
                dataset_id=dataset_id,
                remote=TableRows(self, columns, _between(moment, day, day + DAY)),
            )
            for day in dates
        ]

    def _moment(self, columns: Sequence[bigquery.SchemaField]) -> bigquery.SchemaField:
        for column in columns:
            name = column.name.lower().removeprefix(SINK_PREFIX)
            if name == "timestamp" and column.field_type in ("INTEGER", "TIMESTAMP"):
                return column
        raise SourceError(
            f"{self.where} ({self.table}) has no column timestamp of type TIMESTAMP or INTEGER "
            "(milliseconds); make a view with one and name that."
        )

    def _explained(self) -> AbstractContextManager[None]:
        return source_errors(
            f"{self.where} ({self.table})", "check the name and the roles in docs/bigquery.md"
        )


@dataclass(frozen=True)
class TableRows:
    """Rows of a table that can be brought as a file, in an order that does not change."""

    source: BigQueryTable
    columns: tuple[str, ...]
    restriction: str

    def fetch(self, folder: Path) -> Path:
        """Write the rows, one JSON object a line."""
        lines = sorted(
            orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z)
            for row in self.source.rows(self.columns, self.restriction)
        )
        path = folder / "rows.jsonl"
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return path


def _with_project(config: Config, where: str, table: str) -> str:
    parts = table.split(".")
    ga4 = config.sources.ga4
    known = [
        config.warehouse.project if isinstance(config.warehouse, BigQueryWarehouseConfig) else None,
        ga4.project if isinstance(ga4, Ga4BigQueryConfig) else None,
    ]
    project = next((name for name in known if name), None)
    if len(parts) == 3:
        return table
    if len(parts) == 2 and project:
        return f"{project}.{table}"
    raise ConfigError(f"{where} ('{table}') names no project; write project.dataset.table.")


def _between(moment: bigquery.SchemaField, first: date, after: date) -> str:
    """Return the condition of the rows from a date on and before another."""
    if moment.field_type == "INTEGER":
        low, high = (
            int(datetime.combine(day, time(), UTC).timestamp() * 1000) for day in (first, after)
        )
        return f"`{moment.name}` >= {low} and `{moment.name}` < {high}"
    return f"`{moment.name}` >= timestamp '{first}' and `{moment.name}` < timestamp '{after}'"
