"""After a run on the emulator every other command answers as it does on DuckDB."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("bqemulator", reason="the BigQuery emulator is not installed")

from matchback.core.errors import ExitCode, WarehouseBusyError
from matchback.warehouse.lease import Lease
from tests.bigquery.emulator import PROJECT, Emulator, running_emulator
from tests.runs import Finished, matchback
from tests.worlds import World, build_world

pytestmark = pytest.mark.slow

DUCKDB = "warehouse: {engine: duckdb, path: warehouse.duckdb}"
BIGQUERY = f"warehouse: {{engine: bigquery, project: {PROJECT}, location: EU}}"
LEAKS = ("plain_pii=1", "duplicate_server=1", "load_bad_lines=1")
LATER = ("--as-of", "2027-06-01T00:00:00Z")
# Ids of runs, requests and incidents, and the hash of a proof.
DRAWN = re.compile(r"\d{8}T\d{6}Z?-[0-9a-f]+|\b[0-9a-f]{64}\b|\b[0-9a-f]{10}\b")


@dataclass(frozen=True)
class Both:
    """The same world after the same run on both engines."""

    folder: Path
    world: World
    emulator: Emulator

    def ask(self, *arguments: str, code: int = 0) -> Any:
        """Run a command on both; return what DuckDB answered, as JSON."""
        expected = matchback(self.folder / "duckdb", *arguments, "--json")
        found = self.on_bigquery(*arguments, "--json")
        assert (found.code, expected.code) == (code, code), found.stderr + expected.stderr
        assert _same(found) == _same(expected)
        return expected.json()

    def on_bigquery(self, *arguments: str) -> Finished:
        """Run a command on the emulator."""
        folder = self.folder / "bigquery"
        return matchback(folder, *arguments, environment=self.emulator.environment)


def _same(finished: Finished) -> Any:
    """Return an answer without what every run draws anew, equals in one order."""
    return _ordered(json.loads(DRAWN.sub("drawn", finished.stdout)))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    return sorted(map(_ordered, value), key=str) if isinstance(value, list) else value


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder = tmp_path_factory.mktemp("commands")
    world = build_world(folder / "duckdb", days=2, events_per_day=100, seed=7, leaks=LEAKS)
    shutil.copytree(folder / "duckdb", folder / "bigquery")
    config = folder / "bigquery" / "matchback.yml"
    text = config.read_text(encoding="utf-8")
    assert DUCKDB in text
    config.write_text(text.replace(DUCKDB, BIGQUERY), encoding="utf-8")
    window = ("--start", world.truth["start"], "--end", world.truth["end"], "--as-of", world.as_of)
    with running_emulator(folder) as emulator:
        started = Both(folder, world, emulator)
        plan = started.on_bigquery("run", "--dry-run", "--json", *window)
        assert plan.json()["models_untold"] == 1
        on_bigquery = started.on_bigquery("run", "--json", *window)
        on_duckdb = matchback(folder / "duckdb", "run", "--json", *window)
        assert on_bigquery.code == on_duckdb.code == ExitCode.CHECK_FAILED, on_bigquery.stderr
        assert on_bigquery.json()["findings"] == on_duckdb.json()["findings"]
        yield started


def test_commands_answer_alike(both: Both) -> None:
    """One test, for its steps build on each other: what reads, then what changes."""
    [customer] = both.emulator.warehouse().rows(
        "select min(customer_id) as id, min(order_id) as order_id from landing.crm_orders"
    )
    as_of = ("--as-of", both.world.as_of)

    assert both.ask("access", customer["id"])["held"]
    assert both.ask("explain", customer["order_id"])["events"]
    incidents = both.ask("alerts", "list", *as_of)["incidents"]
    check = incidents[0]["check_id"]
    both.ask("alerts", "ack", check, "--by", "ana", *as_of)
    both.ask("alerts", "snooze", check, "--hours", "2", "--reason", "known", "--by", "ana", *as_of)
    both.ask("alerts", "list", *as_of)
    both.ask("contract", "diff")
    both.ask("contract", "accept", "--by", "ana", "--why", "reviewed", *as_of)
    erased = both.ask("erase", customer["id"], "--yes", *as_of)
    assert erased["rows_before"]["marts.fct_reconciled_events"]
    assert not any(erased["rows_after"].values())
    assert not both.ask("access", customer["id"])["held"]
    assert both.ask("retention", "--yes", *LATER)["rows"]["landing.capi_gtms"]


def test_a_dry_run_after_the_first_build_knows_every_model(both: Both) -> None:
    planned = both.on_bigquery("run", "--dry-run", "--json", "--as-of", both.world.as_of).json()

    assert len(planned["models"]) > 70
    assert planned["models_untold"] == 0


def test_of_two_clients_one_holds_the_warehouse(both: Both) -> None:
    other = Lease(both.emulator.warehouse(), "Run other (a machine)")
    other.take()
    with pytest.raises(WarehouseBusyError, match=r"Run other \(a machine\) is using"):
        Lease(both.emulator.warehouse(), "Run late").take()

    refused = both.on_bigquery("retention", "--yes")
    other.release()

    assert refused.code == ExitCode.RUN_INCOMPLETE
    assert "Run other (a machine) is using this warehouse since" in refused.stderr
    assert both.on_bigquery("retention", "--yes", *LATER).code == ExitCode.HEALTHY
