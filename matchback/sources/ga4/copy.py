"""The GA4 export into landing inside BigQuery: a date is one query job into one partition."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import groupby

import orjson
from google.cloud import bigquery

from matchback.core.window import Window
from matchback.sources.ga4.copy_sql import (
    Field,
    copy_statement,
    count_statement,
    quarantine_statement,
)
from matchback.sources.ga4.export import ExportedShard, Ga4Export, observed_paths
from matchback.sources.ga4.land import BOOKKEEPING
from matchback.sources.ga4.shard_store import EVENTS
from matchback.sources.kit.landing_rows import QUARANTINE, LoadContext
from matchback.sources.kit.ledger import (
    FileOutcome,
    FileState,
    LoadCounts,
    LoadSummary,
    needs_no_digest,
)
from matchback.sources.kit.load_file import file_states
from matchback.warehouse.bigquery import BigQueryWarehouse, Partition
from matchback.warehouse.dialects import dialect_of

KINDS = {
    "INTEGER": "int64", "FLOAT": "float64", "BOOLEAN": "bool", "RECORD": "struct",
    "STRING": "string",
}  # fmt: skip
LEDGER_FIELDS = {
    "file_name": "text", "digest": "text", "rows_read": "integer", "rows_loaded": "integer",
    "rows_quarantined": "integer", "rows_duplicate": "integer", "source_format": "text",
    "file_size": "integer", "modified_at": "timestamp",
}  # fmt: skip
PATH_FIELDS = {"file_name": "text", "export_kind": "text", "path": "text", "type": "text"}


def copy_ga4(
    export: Ga4Export,
    shards: Sequence[ExportedShard],
    warehouse: BigQueryWarehouse,
    context: LoadContext,
    window: Window,
    lookback_days: int,
) -> LoadSummary:
    """Copy the dates with a new or changed shard."""
    states = file_states(context.warehouse, "ga4")
    copy = _Copy(warehouse, export, context)
    outcomes: list[FileOutcome] = []
    for day, group in groupby(shards, key=lambda shard: shard.data_date):
        of_day = list(group)
        if any(_is_news(shard, states, window, lookback_days) for shard in of_day):
            outcomes += copy.run(day, of_day)
    return LoadSummary.of("ga4", len(shards), outcomes)


def _is_news(
    shard: ExportedShard, states: dict[str, FileState], window: Window, lookback_days: int
) -> bool:
    state = states.get(shard.name)
    file = shard.as_file
    if needs_no_digest(file, state, window, lookback_days=lookback_days):
        return False
    return state is None or state.digest != shard.digest


@dataclass(frozen=True)
class _Copy:
    """Copies dates; a date that is cut off is copied again by the next run."""

    warehouse: BigQueryWarehouse
    export: Ga4Export
    context: LoadContext

    @cached_property
    def wanted(self) -> list[Field]:
        """The export's columns as landing holds them."""
        landing = fields_of(self.warehouse.schema_of(EVENTS))
        return [field for field in landing if field.name not in BOOKKEEPING]

    @cached_property
    def found(self) -> list[Field]:
        """The columns that the export's wildcard offers."""
        return fields_of(self.export.wildcard_columns())

    def run(self, day: date, shards: Sequence[ExportedShard]) -> list[FileOutcome]:
        """Replace the partition of a date, then write the ledger rows of its shards."""
        suffixes = [shard.name.removeprefix("events_") for shard in shards]
        dataset = self.export.dataset
        statement = copy_statement(
            dataset, day, suffixes, self.wanted, self.found, self.context.run_id
        )
        self._announce(day, shards)
        self.warehouse.write_partition(Partition(EVENTS, day), statement, self.context.run_id)
        counts = self._counts(day, shards, suffixes)
        self._write_side_tables(day, shards, counts)
        return [
            FileOutcome(shard.as_file, "load", counts[shard.name], has_replaced_rows=True)
            for shard in shards
        ]

    def _announce(self, day: date, shards: Sequence[ExportedShard]) -> None:
        self.warehouse.execute(
            "insert into ops.file_partitions (file_name, table_name, partition_date, run_id) "
            f"select file_name, '{EVENTS}', $day, $run_id from unnest($names) as file_name",
            {"day": day, "run_id": self.context.run_id, "names": [shard.name for shard in shards]},
        )

    def _counts(
        self, day: date, shards: Sequence[ExportedShard], suffixes: Sequence[str]
    ) -> dict[str, LoadCounts]:
        exported = {
            row["file_name"]: row
            for row in self.warehouse.rows(count_statement(self.export.dataset, suffixes))
        }
        landed = {
            row["file_name"]: row["row_count"]
            for row in self.warehouse.rows(
                f"select file_name, count(*) as row_count from {EVENTS} "
                "where table_date = $day group by file_name",
                {"day": day},
            )
        }
        counts = {}
        for shard in shards:
            read = exported.get(shard.name, {"row_count": 0, "unusable_count": 0})
            row_count = landed.get(shard.name, 0)
            counts[shard.name] = LoadCounts(
                read["row_count"],
                read["unusable_count"],
                read["row_count"] - read["unusable_count"] - row_count,
            )
        return counts

    def _write_side_tables(
        self, day: date, shards: Sequence[ExportedShard], counts: dict[str, LoadCounts]
    ) -> None:
        """Write observed columns, quarantine and ledger together; again, it stays the same."""
        names = [shard.name for shard in shards]
        now = self.context.naive_now
        with self.warehouse.transaction():
            for table, condition in (
                ("landing.observed_columns", "source = 'ga4'"),
                (QUARANTINE, "source = 'ga4'"),
                ("landing.load_ledger", "source = 'ga4' and run_id = $run_id"),
            ):
                self.warehouse.execute(
                    f"delete from {table} where {condition} and file_name in unnest($names)",
                    {"names": names, "run_id": self.context.run_id},
                )
            self._insert_observed(day, shards)
            if any(count.rows_quarantined for count in counts.values()):
                self.warehouse.execute(
                    quarantine_statement(self.export.dataset, names),
                    {"run_id": self.context.run_id, "now": now},
                )
            self._insert_ledger(day, shards, counts, now)

    def _insert_observed(self, day: date, shards: Sequence[ExportedShard]) -> None:
        records = [
            {"file_name": shard.name, "export_kind": shard.kind, "path": path, "type": kind}
            for shard in shards
            for path, kind in observed_paths(shard.columns)
        ]
        source = dialect_of(self.warehouse).records(PATH_FIELDS)
        self.warehouse.execute(
            "insert into landing.observed_columns "
            "(source, file_name, data_date, export_kind, path, type, run_id) "
            "select 'ga4', file_name, $day, export_kind, path, type, $run_id "
            f"from {source} as observed",
            {"records": orjson.dumps(records).decode(), "day": day, "run_id": self.context.run_id},
        )

    def _insert_ledger(
        self,
        day: date,
        shards: Sequence[ExportedShard],
        counts: dict[str, LoadCounts],
        now: datetime,
    ) -> None:
        records = [
            {
                "file_name": shard.name,
                "digest": shard.digest,
                "rows_loaded": counts[shard.name].rows_loaded,
                **asdict(counts[shard.name]),
                "source_format": f"ga4_{shard.kind}",
                "file_size": shard.size,
                "modified_at": shard.modified_at.isoformat(sep=" "),
            }
            for shard in shards
        ]
        columns = ", ".join(LEDGER_FIELDS)
        source = dialect_of(self.warehouse).records(LEDGER_FIELDS)
        self.warehouse.execute(
            f"insert into landing.load_ledger ({columns}, source, run_id, loaded_at, data_date) "
            f"select {columns}, 'ga4', $run_id, $now, $day from {source} as loaded",
            {
                "records": orjson.dumps(records).decode(),
                "run_id": self.context.run_id,
                "now": now,
                "day": day,
            },
        )


def fields_of(columns: Sequence[bigquery.SchemaField]) -> list[Field]:
    """Return the columns of a BigQuery table in GoogleSQL's words."""
    return [
        Field(
            name=column.name,
            kind=KINDS.get(column.field_type, column.field_type.lower()),
            is_list=column.mode == "REPEATED",
            fields=tuple(fields_of(column.fields)),
        )
        for column in columns
    ]
