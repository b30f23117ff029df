"""The GA4 export read from its own dataset: Storage Read API of the emulator, faults of a fake."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import Forbidden, ServiceUnavailable
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import types
from google.cloud.bigquery_storage_v1.reader import ReadRowsStream

from matchback.config import Config, Ga4BigQueryConfig
from matchback.core.clock import Clock
from matchback.core.errors import SourceError
from matchback.core.window import Window
from matchback.opening import open_duckdb
from matchback.sources.ga4.export import Ga4Export
from matchback.sources.ga4.shard_store import ShardStore
from matchback.sources.ga4.source import copy_in_bigquery
from matchback.sources.ga4.tables import EVENTS
from matchback.sources.kit.ledger import LoadSummary
from matchback.sources.kit.load_file import context_of
from matchback.sources.scratch import opened_scratch
from matchback.warehouse.storage_read import read_batches
from tests.bigquery.emulator import PROJECT, Emulator
from tests.load_kit import load_one
from tests.worlds import World, build_world

DATASET = "analytics_1"
CLOCK = Clock(datetime(2026, 11, 20, 12, tzinfo=UTC))
WINDOW = Window(date(2026, 11, 9), date(2026, 11, 10))
BOOKKEEPING = "file_name, row_number, run_id"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("export") / "world"
    return build_world(folder, days=2, events_per_day=100, start=WINDOW.start, seed=3)


@pytest.fixture
def export(
    emulator: Emulator, world: World, monkeypatch: pytest.MonkeyPatch
) -> Iterator[bigquery.Client]:
    """The world's shards as tables of an export dataset."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    client = emulator.client()
    client.create_dataset(DATASET)
    for shard in sorted((world.path / "data" / "ga4").glob("*.parquet")):
        write_shard(client, shard.stem, pq.read_table(shard))
    yield client
    client.delete_dataset(DATASET, delete_contents=True)


def write_shard(client: bigquery.Client, name: str, rows: pa.Table) -> None:
    table = f"{PROJECT}.{DATASET}.{name}"
    client.delete_table(table, not_found_ok=True)
    client.create_table(bigquery.Table(table, schema=[_column(field) for field in rows.schema]))
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink)
    settings = bigquery.LoadJobConfig(source_format=bigquery.SourceFormat.PARQUET)
    client.load_table_from_file(
        pa.BufferReader(sink.getvalue()), table, job_config=settings
    ).result()


def load(tmp_path: Path, ga4: dict[str, Any], root: Path) -> tuple[LoadSummary, list[tuple]]:
    config = Config.model_validate({"sources": {"ga4": ga4}})
    config._root = root
    with open_duckdb(tmp_path / "warehouse.duckdb") as warehouse:
        warehouse.apply_ddl()
        summary = load_one("ga4", config, warehouse, "run", CLOCK, WINDOW)
        rows = warehouse.connection.execute(
            f"select * exclude ({BOOKKEEPING}) from landing.ga4_events order by all"
        ).fetchall()
    return summary, rows


def from_bigquery(tmp_path: Path) -> tuple[LoadSummary, list[tuple]]:
    ga4 = {"kind": "bigquery", "project": PROJECT, "dataset": DATASET}
    return load(tmp_path, ga4, tmp_path)


def test_the_export_gives_the_rows_that_its_files_give(
    export: bigquery.Client, world: World, tmp_path: Path
) -> None:
    summary, rows = from_bigquery(tmp_path / "tables")
    of_files, expected = load(
        tmp_path / "files", {"kind": "files", "path": "data/ga4/events_*"}, world.path
    )

    assert summary.rows_loaded == of_files.rows_loaded > 100
    assert rows == expected


def copied(emulator: Emulator, tmp_path: Path, name: str) -> tuple[LoadSummary, list[tuple]]:
    """Copy the export inside BigQuery; return what landed, but for the numbers of the rows."""
    config = Config.model_validate(
        {
            "warehouse": {"engine": "bigquery", "project": PROJECT, "dataset": name},
            "sources": {"ga4": {"kind": "bigquery", "project": PROJECT, "dataset": DATASET}},
        }
    )
    with emulator.warehouse(name) as warehouse:
        warehouse.apply_ddl()
        with opened_scratch(tmp_path / "s.duckdb", warehouse, None, ShardStore) as scratch:
            context = context_of(scratch, "run", CLOCK)
            summary = copy_in_bigquery(config, warehouse, context, WINDOW)
        batches = list(warehouse.read("landing.ga4_events", list(EVENTS.types)))
    table = pa.Table.from_batches(batches)
    with open_duckdb(tmp_path / "compared.duckdb") as shape:
        shape.apply_ddl()
        shape.execute("delete from landing.ga4_rows")
        with shape.registered("landed", table):
            shape.execute("insert into landing.ga4_rows by name select * from landed")
        rows = shape.connection.execute(
            f"select * exclude ({BOOKKEEPING}) from landing.ga4_events order by all"
        ).fetchall()
    return summary, rows


def spelled(rows: list[tuple]) -> list[str]:
    """BigQuery knows no difference of null and empty list."""
    return sorted(repr(tuple(None if value == [] else value for value in row)) for row in rows)


@pytest.mark.slow
def test_a_copy_inside_bigquery_gives_the_rows_that_the_files_give(
    export: bigquery.Client, emulator: Emulator, world: World, tmp_path: Path
) -> None:
    doubled = pq.read_table(world.path / "data" / "ga4" / "events_20261110.parquet")
    write_shard(export, "events_20261110", pa.concat_tables([doubled, doubled.slice(0, 7)]))
    summary, rows = copied(emulator, tmp_path, "copied")
    of_files, expected = load(
        tmp_path / "files", {"kind": "files", "path": "data/ga4/events_*"}, world.path
    )
    again, rows_again = copied(emulator, tmp_path, "copied")

    assert (summary.files_loaded, summary.rows_duplicate) == (2, 7)
    assert summary.rows_loaded == of_files.rows_loaded > 100
    assert spelled(rows) == spelled(expected)
    assert (again.files_loaded, rows_again) == (0, rows)


def test_a_shard_is_read_again_only_when_it_changed(
    export: bigquery.Client, world: World, tmp_path: Path
) -> None:
    from_bigquery(tmp_path)
    again, _ = from_bigquery(tmp_path)
    changed = pq.read_table(world.path / "data" / "ga4" / "events_20261110.parquet").slice(0, 20)
    write_shard(export, "events_20261110", changed)
    after, rows = from_bigquery(tmp_path)

    assert (again.files_found, again.files_loaded) == (2, 0)
    assert (after.files_loaded, after.rows_loaded) == (1, 20)
    assert sum(date(2026, 11, 10) in row for row in rows) == 20


def test_shards_of_other_dates_and_other_tables_are_left_alone(
    export: bigquery.Client, world: World, tmp_path: Path
) -> None:
    shard = pq.read_table(world.path / "data" / "ga4" / "events_20261110.parquet")
    for name in ("events_20250101", "events_20269999", "pseudonymous_users_20261110"):
        write_shard(export, name, shard)

    summary, _ = from_bigquery(tmp_path)

    assert summary.files_found == 2


def test_a_dataset_without_an_export_is_named(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SourceError, match=r"offline\.analytics_1 holds no table events_YYYYMMDD"):
        from_bigquery(tmp_path)


def test_an_export_that_may_not_be_read_is_told_without_the_words_of_the_service(
    tmp_path: Path,
) -> None:
    class Refusing:
        def list_tables(self, dataset: str) -> None:
            raise Forbidden("somebody@example.com may not read this")

    source = Ga4BigQueryConfig(kind="bigquery", project="shop", dataset="analytics_9")
    with pytest.raises(SourceError, match=r"shop\.analytics_9 cannot be read .*roles") as refused:
        Ga4Export(source, Refusing(), None).shards(WINDOW.start, WINDOW.end)
    assert "example.com" not in str(refused.value)


class Broken:
    """A Storage API that breaks a stream after two of three pages, once."""

    def __init__(self, rows: pa.Table) -> None:
        self.rows = rows
        self.offsets: list[int] = []

    def create_read_session(self, **_: Any) -> types.ReadSession:
        schema = types.ArrowSchema(serialized_schema=self.rows.schema.serialize().to_pybytes())
        return types.ReadSession(streams=[{"name": "stream"}], arrow_schema=schema)

    def read_rows(self, name: str) -> ReadRowsStream:
        gateway = SimpleNamespace(read_rows=self._answer)
        stream = ReadRowsStream(gateway, name, 0, {})
        stream._reconnect()
        return stream

    def _answer(self, *, offset: int, **_: Any) -> Iterator[types.ReadRowsResponse]:
        self.offsets.append(offset)
        for number, batch in enumerate(self.rows.slice(offset).to_batches(max_chunksize=10)):
            if offset == 0 and number == 2:
                raise ServiceUnavailable("the stream broke")
            yield types.ReadRowsResponse(
                row_count=batch.num_rows,
                arrow_record_batch={"serialized_record_batch": batch.serialize().to_pybytes()},
            )


def test_a_stream_that_breaks_goes_on_at_its_offset() -> None:
    rows = pa.table({"event_timestamp": list(range(30))})
    service = Broken(rows)

    batches = list(read_batches(service, "p.d.events_20261109", ["event_timestamp"]))

    assert pa.Table.from_batches(batches).equals(rows)
    assert service.offsets == [0, 20]


def _column(field: pa.Field) -> bigquery.SchemaField:
    kind, mode = field.type, "NULLABLE"
    if pa.types.is_list(kind):
        kind, mode = kind.value_type, "REPEATED"
    if pa.types.is_struct(kind):
        fields = [_column(kind.field(index)) for index in range(kind.num_fields)]
        return bigquery.SchemaField(field.name, "RECORD", mode=mode, fields=fields)
    checks = (
        (pa.types.is_boolean, "BOOLEAN"),
        (pa.types.is_integer, "INTEGER"),
        (pa.types.is_floating, "FLOAT"),
    )
    name = next((name for check, name in checks if check(kind)), "STRING")
    return bigquery.SchemaField(field.name, name, mode=mode)
