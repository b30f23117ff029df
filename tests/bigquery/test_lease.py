"""Of two runs at once on one warehouse one wins; what a killed run left expires."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from matchback.core.errors import ExitCode, WarehouseBusyError
from matchback.opening import open_duckdb
from matchback.warehouse.base import Warehouse
from matchback.warehouse.lease import Lease, table_lease


@pytest.fixture(params=["duckdb", "googlesql"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    if request.param == "duckdb":
        with open_duckdb(tmp_path / "warehouse.duckdb") as duck:
            duck.apply_ddl()
            yield duck
    else:
        google = pytest.importorskip("tests.bigquery.google_warehouse")
        yield google.GoogleWarehouse(google.GoogleSql())


def test_of_two_runs_one_wins_and_the_other_hears_of_it(warehouse: Warehouse) -> None:
    Lease(warehouse, "Run A").take()

    with pytest.raises(WarehouseBusyError, match="Run A is using this warehouse since 20") as busy:
        Lease(warehouse, "Run B").take()

    assert "free from" in str(busy.value)
    assert busy.value.exit_code == ExitCode.RUN_INCOMPLETE


def test_what_a_killed_run_left_expires(warehouse: Warehouse) -> None:
    warehouse.execute(
        "insert into ops.leases (name, owner, taken_at, expires_at) values ('run', 'Run A', "
        "cast('2026-11-01' as timestamp), cast('2026-11-02' as timestamp))"
    )

    Lease(warehouse, "Run B").take()

    with pytest.raises(WarehouseBusyError, match="Run B"):
        Lease(warehouse, "Run C").take()


def test_a_run_that_lost_its_lease_is_told(warehouse: Warehouse) -> None:
    lease = Lease(warehouse, "Run A")
    lease.take()
    lease.renew()
    warehouse.execute("update ops.leases set owner = 'Run B' where true")

    with pytest.raises(WarehouseBusyError, match="lost its lease"):
        lease.renew()


def test_the_lease_is_given_back(warehouse: Warehouse) -> None:
    with table_lease(lambda: nullcontext(warehouse), "Run A"):
        pass

    Lease(warehouse, "Run B").take()


def test_a_second_offer_does_not_make_a_second_right(warehouse: Warehouse) -> None:
    """Two first runs may both add the row; only one of them then takes it."""
    for _ in range(2):
        warehouse.execute(
            "insert into ops.leases (name, owner, taken_at, expires_at) values ('run', '', "
            "cast('1970-01-01' as timestamp), cast('1970-01-01' as timestamp))"
        )
    Lease(warehouse, "Run A").take()

    with pytest.raises(WarehouseBusyError, match="Run A"):
        Lease(warehouse, "Run B").take()
