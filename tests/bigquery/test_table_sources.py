"""Sources that are BigQuery tables give what their files give; read from the emulator."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.cloud import bigquery

from matchback.core.errors import ConfigError, SourceError
from tests.bigquery.emulator import PROJECT, Emulator
from tests.load_kit import Project

DATASET = "sources_1"
BODY = {"data": [{"event_name": "Purchase", "event_id": "e1", "user_data": {"em": ["a" * 64]}}]}
LOGGED = [
    (datetime(2026, 11, 12, 10, tzinfo=UTC), "Request", "t1", json.dumps(BODY)),
    (datetime(2026, 11, 12, 10, 0, 1, tzinfo=UTC), "Response", "t1", None),
    (datetime(2026, 11, 11, 23, 59, 59, tzinfo=UTC), "Request", "t2", json.dumps(BODY)),
    (datetime(2026, 1, 1, tzinfo=UTC), "Request", "t0", json.dumps(BODY)),
]
ORDERS = [
    ("1001", "2026-11-12 09:00:00", "19.90", "Eva.Example@example.com"),
    ("1002", "2026-11-12 09:30:00", "5.00", "otto@example.org"),
]
COLUMNS = {"order_id": "id", "ordered_at": "created", "value": "total", "email": "mail"}


@pytest.fixture
def tables(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[bigquery.Client]:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    client = emulator.client()
    client.create_dataset(DATASET)
    yield client
    client.delete_dataset(DATASET, delete_contents=True)


def write(client: bigquery.Client, table: str, kinds: dict[str, str], rows: list[tuple]) -> str:
    name = f"{PROJECT}.{DATASET}.{table}"
    schema = [bigquery.SchemaField(column, kind) for column, kind in kinds.items()]
    client.create_table(bigquery.Table(name, schema=schema))
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.table({column: [row[index] for row in rows] for index, column in enumerate(kinds)}),
        sink,
    )
    settings = bigquery.LoadJobConfig(source_format=bigquery.SourceFormat.PARQUET)
    client.load_table_from_file(
        pa.BufferReader(sink.getvalue()), name, job_config=settings
    ).result()
    return name


def gtms(client: bigquery.Client, kind: str) -> str:
    kinds = {"timestamp": kind, "type": "STRING", "trace_id": "STRING", "request_body": "STRING"}
    rows: list[tuple[Any, ...]] = [
        (int(moment.timestamp() * 1000) if kind == "INTEGER" else moment, *rest)
        for moment, *rest in LOGGED
    ]
    return write(client, f"gtms_{kind.lower()}", kinds, rows)


@pytest.mark.parametrize("kind", ["INTEGER", "TIMESTAMP"])
def test_a_delivery_log_is_read_by_dates_near_the_window(
    tables: bigquery.Client, tmp_path: Path, kind: str
) -> None:
    table = gtms(tables, kind)
    project = Project(tmp_path, {"capi": [{"format": "gtms_bigquery", "table": table}]})

    first, again = project.load(), project.load()

    assert (first.files_found, first.rows_loaded) == (2, 3)
    assert (again.files_loaded, project.count("landing.capi_gtms")) == (0, 3)
    assert [row["file_name"] for row in project.ledger()] == [
        f"{table}$20261111",
        f"{table}$20261112",
    ]
    rows = project.rows("select logged_at, request_body from landing.capi_gtms order by logged_at")
    assert rows[1]["logged_at"] == LOGGED[0][0].replace(tzinfo=None)
    assert json.loads(rows[1]["request_body"]) == BODY


def test_orders_of_a_table_are_hashed_and_their_contacts_never_stored(
    tables: bigquery.Client, tmp_path: Path
) -> None:
    kinds = dict.fromkeys(("id", "created", "total", "mail"), "STRING")
    table = write(tables, "orders", kinds, ORDERS)
    project = Project(tmp_path, {"crm": {"table": table, "columns": COLUMNS}})

    first, again = project.load(), project.load()

    assert (first.rows_loaded, again.files_loaded) == (2, 0)
    rows = project.rows("select order_id, contact_hashes from landing.crm_orders order by order_id")
    assert [row["order_id"] for row in rows] == ["1001", "1002"]
    assert any(one["field"] == "em" for one in rows[0]["contact_hashes"])
    stored = (tmp_path / "warehouse.duckdb").read_bytes()
    project.warehouse.close()
    assert b"Eva.Example" not in stored
    assert b"otto@example" not in (tmp_path / "warehouse.duckdb").read_bytes()


def test_a_consent_log_of_a_table_is_read_whole(tables: bigquery.Client, tmp_path: Path) -> None:
    kinds = {"timestamp": "TIMESTAMP", "user_id": "STRING", "marketing": "BOOLEAN"}
    rows = [(datetime(2025, 3, 1, tzinfo=UTC), "C1", True), (LOGGED[0][0], "C1", False)]
    table = write(tables, "consent", kinds, rows)
    project = Project(tmp_path, {"consent": {"table": f"{DATASET}.consent"}, "ga4": GA4})

    assert project.load("consent").rows_loaded == 2
    assert project.ledger()[0]["file_name"] == table


GA4 = {"kind": "bigquery", "project": PROJECT, "dataset": DATASET}


def test_a_table_without_a_time_is_refused(tables: bigquery.Client, tmp_path: Path) -> None:
    table = write(tables, "log", {"written": "STRING"}, [("2026-11-12",)])
    project = Project(tmp_path, {"capi": [{"format": "gtms_bigquery", "table": table}]})

    with pytest.raises(SourceError, match=r"sources\.capi\[0\]\.table .*no column timestamp"):
        project.load()


def test_a_table_that_is_not_there_is_named(tables: bigquery.Client, tmp_path: Path) -> None:
    project = Project(tmp_path, {"crm": {"table": f"{PROJECT}.{DATASET}.none", "columns": COLUMNS}})

    with pytest.raises(SourceError, match=r"sources\.crm\.table .*NotFound.*roles"):
        project.load()


def test_a_table_without_a_project_asks_for_one(tmp_path: Path) -> None:
    project = Project(tmp_path, {"crm": {"table": "shop.orders", "columns": COLUMNS}})

    with pytest.raises(ConfigError, match=r"write project\.dataset\.table"):
        project.load()
