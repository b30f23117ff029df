"""`matchback run --dry-run` says what would be loaded, scanned and paid, and changes nothing."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from matchback.build import dry_run as plan
from matchback.config import Config, load_config
from matchback.core.clock import Clock
from matchback.core.errors import ExitCode, TableMissingError
from matchback.core.window import Window
from tests.runs import matchback
from tests.worlds import build_world

WINDOW = Window(date(2026, 11, 9), date(2026, 11, 10))
CLOCK = Clock(datetime(2026, 11, 18, tzinfo=UTC))
GIB = 2**30


class Service:
    """A BigQuery warehouse that knows how many bytes each model would scan."""

    engine = "bigquery"
    bytes_billed = 0

    def __init__(self, scanned: dict[str, int | None]) -> None:
        self.scanned = scanned

    def rows(self, sql: str, parameters: object = None) -> list[dict[str, Any]]:
        if not self.scanned:
            raise TableMissingError("no ledger yet")
        return []

    def scanned_bytes(self, sql: str) -> int:
        found = self.scanned[sql]
        if found is None:
            raise TableMissingError("no such table")
        return found


class Dbt:
    """A dbt process whose compiled query is the model's name."""

    def __init__(self, models: list[str]) -> None:
        self.models = models

    def compile(self, settings: object, *, full_refresh: bool = False) -> dict[str, str]:
        return {name: name for name in self.models}


@pytest.fixture
def plan_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dict[str, int | None]], plan.DryRun]:
    (tmp_path / "orders.csv").write_text("order_id,ordered_at\n1,2026-11-09\n", encoding="utf-8")
    (tmp_path / "matchback.yml").write_text(
        "warehouse: {engine: bigquery, project: shop, maximum_bytes_billed: 2GiB,"
        " price_per_tib: 8}\n"
        "sources: {crm: {path: orders.csv, columns: {order_id: order_id, ordered_at: ordered_at}}}",
        encoding="utf-8",
    )

    def run(scanned: dict[str, int | None]) -> plan.DryRun:
        config: Config = load_config(tmp_path / "matchback.yml", {})
        monkeypatch.setattr(plan, "open_warehouse", lambda *_, **__: nullcontext(Service(scanned)))
        monkeypatch.setattr(
            "matchback.build.dbt.DbtProcess", lambda *_: nullcontext(Dbt(list(scanned)))
        )
        if scanned:
            monkeypatch.setattr("matchback.build.run_settings.run_settings", lambda *_, **__: {})
        return plan.dry_run(config, WINDOW, CLOCK, {})

    return run


def test_bytes_and_price_of_each_model_are_told(plan_on: Any) -> None:
    planned = plan_on({"int_client_events": GIB, "fct_findings": GIB})

    assert planned.bytes == 2 * GIB
    assert planned.price == pytest.approx(2 / 1024 * 8)
    assert planned.exit_code == ExitCode.HEALTHY
    assert [(load.source, load.files) for load in planned.loads] == [("crm", 1)]


def test_a_model_whose_inputs_are_to_come_is_named_and_not_counted_as_free(plan_on: Any) -> None:
    answer = plan_on({"int_client_events": GIB, "fct_findings": None}).as_json()

    assert answer["models_untold"] == 1
    assert answer["models"][1] == {
        "name": "fct_findings",
        "bytes": None,
        "reason": plan.NO_INPUT,
    }


def test_before_the_first_run_nothing_is_known_and_that_is_said(plan_on: Any) -> None:
    planned = plan_on({})

    assert [scan.bytes for scan in planned.scans] == [None]
    assert planned.loads[0].files == 1


def test_a_statement_above_the_cap_is_refused_by_name(plan_on: Any) -> None:
    planned = plan_on({"int_client_events": 3 * GIB, "fct_findings": GIB})

    assert planned.exit_code == ExitCode.BAD_USAGE
    assert "int_client_events would scan 3,221,225,472 bytes" in planned.refusal
    assert planned.as_json()["above_cap"] == ["int_client_events"]


def test_on_duckdb_it_names_the_files_and_makes_nothing(tmp_path: Path) -> None:
    world = build_world(tmp_path / "world", days=2, events_per_day=100)

    finished = matchback(world.path, "run", "--dry-run", "--json", "--as-of", world.as_of)

    answer = finished.json()
    assert finished.code == 0, finished.stderr
    assert {load["source"]: load["files"] for load in answer["loads"]} == {
        "ga4": 2, "capi": 2, "crm": 1, "consent": 1,
    }  # fmt: skip
    assert answer["price"] == 0
    assert not (world.path / "warehouse.duckdb").exists()
