"""The GA4 export where Google writes it: one BigQuery table a day, read column by column."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from google.cloud import bigquery

from matchback.config import Ga4BigQueryConfig
from matchback.core.errors import SourceError
from matchback.sources.kit.errors import source_errors
from matchback.sources.kit.files import FoundFile
from matchback.warehouse.bigquery import connect
from matchback.warehouse.storage_read import read_batches, read_client

if TYPE_CHECKING:
    from google.cloud.bigquery_storage_v1 import BigQueryReadClient

SHARD = re.compile(r"^events_(?:(intraday|fresh)_)?(\d{8})$")


@dataclass(frozen=True)
class ExportedShard:
    """One table of the export as it stands now."""

    name: str
    kind: str
    data_date: date
    row_count: int
    size: int
    modified_at: datetime
    columns: tuple[bigquery.SchemaField, ...]

    @property
    def digest(self) -> str:
        """What changes whenever Google writes the table again."""
        return f"bigquery:{self.modified_at:%Y%m%dT%H%M%S%f}:{self.row_count}:{self.size}"

    @property
    def as_file(self) -> FoundFile:
        """The table as the ledger names it."""
        return FoundFile(
            path=Path(self.name),
            name=self.name,
            source_format=f"ga4_{self.kind}",
            data_date=self.data_date,
            export_kind=self.kind,
            size=self.size,
            modified_at=self.modified_at,
        )


class Ga4Export:
    """One property's export dataset."""

    def __init__(
        self, config: Ga4BigQueryConfig, client: bigquery.Client, reader: "BigQueryReadClient"
    ) -> None:
        self.config = config
        self.client = client
        self.reader = reader

    @classmethod
    def open(cls, config: Ga4BigQueryConfig) -> Self:
        """Connect with the application default credentials; ConfigError without any."""
        return cls(config, connect(config.project), read_client())

    @property
    def dataset(self) -> str:
        """The dataset with its project."""
        return f"{self.config.project}.{self.config.dataset}"

    def shards(self, first: date, last: date) -> list[ExportedShard]:
        """Return the tables of these dates, oldest first; SourceError when they cannot be seen."""
        with self._explained():
            names = [table.table_id for table in self.client.list_tables(self.dataset)]
            found = [(name, match) for name in names if (match := SHARD.match(name))]
            if not found:
                raise SourceError(
                    f"The GA4 export {self.dataset} holds no table events_YYYYMMDD; check "
                    "sources.ga4, and that the export is linked in Google Analytics."
                )
            return [
                self._shard(name, match[1] or "daily", day)
                for name, match in sorted(found, key=lambda item: (item[1][2], item[0]))
                if (day := _date(match[2])) is not None and first <= day <= last
            ]

    def wildcard_columns(self) -> tuple[bigquery.SchemaField, ...]:
        """Return the columns that `events_*` has: those of the table that was created last."""
        with self._explained():
            listed = [table.table_id for table in self.client.list_tables(self.dataset)]
            newest = {
                match[1]: name
                for name in sorted(listed)
                if (match := SHARD.match(name)) is not None
            }
            tables = [self.client.get_table(f"{self.dataset}.{name}") for name in newest.values()]
        last = max(tables, key=lambda table: table.created or datetime.fromtimestamp(0, UTC))
        return tuple(last.schema)

    def download(self, shard: ExportedShard, columns: list[str], parquet: Path) -> int:
        """Write these columns of a shard as Parquet; returns the rows.

        A stream that breaks goes on where it broke; nothing is left when it cannot.
        """
        import pyarrow.parquet as pq

        rows = 0
        with self._explained():
            batches = read_batches(self.reader, f"{self.dataset}.{shard.name}", columns)
            head = next(batches, None)
            if head is None:
                return 0
            with pq.ParquetWriter(parquet, head.schema) as writer:
                while head is not None:
                    writer.write_batch(head)
                    rows += head.num_rows
                    head = next(batches, None)
        return rows

    def _shard(self, name: str, kind: str, day: date) -> ExportedShard:
        table = self.client.get_table(f"{self.dataset}.{name}")
        modified = (table.modified or datetime.fromtimestamp(0, UTC)).astimezone(UTC)
        return ExportedShard(
            name=name,
            kind=kind,
            data_date=day,
            row_count=table.num_rows or 0,
            size=table.num_bytes or 0,
            modified_at=modified.replace(tzinfo=None),
            columns=tuple(table.schema),
        )

    def _explained(self) -> AbstractContextManager[None]:
        return source_errors(
            f"The GA4 export {self.dataset}", "check sources.ga4 and the roles in docs/bigquery.md"
        )


def observed_paths(columns: tuple[bigquery.SchemaField, ...]) -> list[tuple[str, str]]:
    """Return every column and nested path of a table with its type, `REPEATED` for lists."""
    return list(_paths(columns, ""))


def _paths(columns: tuple[bigquery.SchemaField, ...], prefix: str) -> Iterator[tuple[str, str]]:
    for column in columns:
        suffix = " REPEATED" if column.mode == "REPEATED" else ""
        yield f"{prefix}{column.name}", f"{column.field_type}{suffix}"
        yield from _paths(column.fields, f"{prefix}{column.name}.")


def _date(digits: str) -> date | None:
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
