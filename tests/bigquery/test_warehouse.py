"""The BigQuery warehouse asks for the right thing; the service is a fake or the analyzer."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.exceptions import Conflict, Forbidden, NotFound

from matchback.build.publish import publish
from matchback.config import BigQueryWarehouseConfig
from matchback.core.errors import MatchbackError
from matchback.core.window import Window
from matchback.sources.catalog import TABLES
from matchback.warehouse.bigquery import BigQueryWarehouse, Partition, in_bigquery, query_parameters

CONFIG = BigQueryWarehouseConfig(
    engine="bigquery",
    project="shop",
    dataset="recon",
    maximum_bytes_billed="1GB",
    labels={"team": "data"},
)
DAY = Partition("landing.crm_orders", date(2026, 11, 14))


@dataclass
class Job:
    """A job as the service knows it."""

    job_id: str
    error_result: object = None
    state: str = "DONE"
    output_rows: int = 2
    total_bytes_billed: int = 10
    total_bytes_processed: int = 4_000_000_000
    session_info: object = field(default_factory=lambda: SimpleNamespace(session_id="s1"))

    def reload(self) -> None:
        """Nothing changes."""

    def result(self) -> Any:
        """A job is its own answer; without rows."""
        return self

    def __iter__(self) -> Any:
        return iter(())


@dataclass
class Service:
    """Records requests; knows the job ids it has seen; loses answers when told to."""

    jobs: dict[str, Job] = field(default_factory=dict)
    queries: list[tuple[str, Any]] = field(default_factory=list)
    loads: list[tuple[str, str, Any]] = field(default_factory=list)
    lost_answers: int = 0
    failed_loads: int = 0
    refusal: Exception | None = None

    def query(self, sql: str, job_config: Any) -> Job:
        self.queries.append((sql, job_config))
        if self.refusal:
            raise self.refusal
        return Job("query")

    def load_table_from_file(
        self, file: Any, target: str, *, job_id: str, job_config: Any, **_: object
    ) -> Job:
        if job_id in self.jobs:
            raise Conflict("Already Exists: Job")
        self.loads.append((job_id, target, job_config))
        job = self.jobs[job_id] = Job(job_id)
        if self.failed_loads:
            self.failed_loads -= 1
            job.error_result = {"reason": "backendError"}
        if self.lost_answers:
            self.lost_answers -= 1
            raise Conflict("the transport's own retry found the job of its first request")
        return job

    def get_job(self, job_id: str, **_: object) -> Job:
        return self.jobs[job_id]

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def warehouse(service: Service) -> BigQueryWarehouse:
    return BigQueryWarehouse(service, CONFIG)


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"order_id": ["1001", "1002"]}), path)
    return path


def test_a_load_replaces_one_day_and_nothing_else(service, warehouse, parquet):
    assert warehouse.load_parquet(DAY, parquet, "run-1") == 2

    [(_, target, settings)] = service.loads
    assert target == "shop.recon_landing.crm_orders$20261114"
    assert settings.write_disposition == "WRITE_TRUNCATE"
    assert settings.create_disposition == "CREATE_NEVER"
    assert settings.source_format == "PARQUET"


def test_a_lost_answer_and_a_repeat_load_once(service, warehouse, parquet):
    service.lost_answers = 1

    assert warehouse.load_parquet(DAY, parquet, "run-1") == 2
    assert warehouse.load_parquet(DAY, parquet, "run-1") == 2
    assert len(service.loads) == 1


def test_an_old_content_that_comes_back_in_a_later_run_is_loaded_again(service, warehouse, parquet):
    warehouse.load_parquet(DAY, parquet, "run-1")
    warehouse.load_parquet(DAY, parquet, "run-2")

    assert len({job_id for job_id, _, _ in service.loads}) == 2


def test_a_failed_load_job_is_sent_again_under_another_name(service, warehouse, parquet):
    service.failed_loads = 1

    assert warehouse.load_parquet(DAY, parquet, "run-1") == 2
    assert len({job_id for job_id, _, _ in service.loads}) == 2


def test_a_load_that_never_succeeds_is_told_in_a_sentence(service, warehouse, parquet):
    service.failed_loads = 99

    with pytest.raises(
        MatchbackError, match=r"Loading landing.crm_orders\$20261114 failed 5 times"
    ):
        warehouse.load_parquet(DAY, parquet, "run-1")


def test_every_query_carries_the_cap_and_the_labels(service, warehouse):
    warehouse.execute("select 1")

    [(_, settings)] = service.queries
    assert settings.maximum_bytes_billed == 1_000_000_000
    assert settings.labels == {"team": "data"}
    assert warehouse.bytes_billed == 10


def test_a_query_beyond_the_cap_names_the_key_to_raise(service, warehouse):
    service.refusal = Forbidden("limit", errors=[{"reason": "bytesBilledLimitExceeded"}])

    with pytest.raises(MatchbackError, match=r"warehouse\.maximum_bytes_billed"):
        warehouse.rows("select * from landing.ga4_events")


def test_an_error_of_the_service_repeats_none_of_its_words(service, warehouse):
    service.refusal = Forbidden("jane@example.com may not", errors=[{"reason": "accessDenied"}])

    with pytest.raises(MatchbackError, match="accessDenied") as refused:
        warehouse.rows("select 1")
    assert "jane" not in str(refused.value)


def test_a_missing_table_says_what_to_do(service, warehouse):
    service.refusal = NotFound("Table not found")

    with pytest.raises(MatchbackError, match="matchback run"):
        warehouse.rows("select 1 from ops.runs")


def test_a_dry_run_counts_and_runs_nothing(service, warehouse):
    assert warehouse.scanned_bytes("select * from landing.ga4_events") == 4_000_000_000

    [(_, settings)] = service.queries
    assert settings.dry_run


def test_a_transaction_is_one_session_and_commits(service, warehouse):
    with warehouse.transaction():
        warehouse.execute("delete from marts.fct_findings where true")

    statements = [sql for sql, _ in service.queries]
    assert statements == [
        "begin transaction",
        "delete from recon_marts.fct_findings where true",
        "commit transaction",
        "call bq.abort_session()",
    ]
    assert service.queries[0][1].create_session
    assert [item.value for item in service.queries[1][1].connection_properties] == ["s1"]


def test_a_failure_inside_a_transaction_rolls_back(service, warehouse):
    with pytest.raises(RuntimeError), warehouse.transaction():
        raise RuntimeError

    assert [sql for sql, _ in service.queries][1:] == [
        "rollback transaction",
        "call bq.abort_session()",
    ]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select * from marts.a join work.b", "select * from recon_marts.a join recon_work.b"),
        ("select 'marts.a' from ops.runs", "select 'marts.a' from recon_ops.runs"),
        ("select * from marts_next.a", "select * from recon_marts_next.a"),
        ("where run_id = $run_id", "where run_id = @run_id"),
        ("select payload.ops.x, '$.em'", "select payload.ops.x, '$.em'"),
    ],
)
def test_only_table_names_and_parameters_are_renamed(sql, expected):
    assert in_bigquery(sql, "recon_") == expected


def test_parameters_carry_their_types():
    values = [
        True,
        1,
        1.5,
        Decimal("1.50"),
        datetime(2026, 1, 1, tzinfo=UTC),
        date(2026, 1, 1),
        "x",
    ]

    types = [item.type_ for item in query_parameters(values)]

    assert types == ["BOOL", "INT64", "FLOAT64", "NUMERIC", "TIMESTAMP", "DATE", "STRING"]
    assert query_parameters({"ids": ["a"]})[0].array_type == "STRING"


def test_publication_is_accepted_by_the_analyzer():
    offline = pytest.importorskip("tests.bigquery.offline_client", reason="needs package zetasql")
    from tests.bigquery.googlesql import GoogleSql

    client = offline.OfflineClient(GoogleSql())
    config = BigQueryWarehouseConfig(engine="bigquery", project="offline", dataset="recon")
    warehouse = BigQueryWarehouse(client, config, tables=TABLES)
    warehouse.apply_ddl()
    tables = client.analyzer.tables
    for (dataset, table), columns in list(tables.items()):
        if dataset == "recon_marts":
            tables["recon_marts_next", table] = columns

    with warehouse.transaction():
        publish(warehouse, Window(date(2026, 11, 8), date(2026, 11, 14)))

    kinds = [item.kind for item in client.statements]
    assert {"BEGIN", "COMMIT"} <= set(kinds)
    assert "ROLLBACK" not in kinds
    assert kinds.count("DELETE") == kinds.count("INSERT") >= 14
