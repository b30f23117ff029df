"""Publication waits for the audit: a broken table leaves every published byte as it was."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from matchback.config import Config
from matchback.core.errors import IntegrityError
from matchback.core.settings import parse_as_of
from matchback.flows.reconcile import reconcile
from matchback.quality import audit
from matchback.runs import dbt_ahead
from matchback.runs.result import RunResult
from matchback.warehouse.duckdb import DuckDBWarehouse
from tests.faults.kit import as_text, last_run, lines_sent, point_alerts_to, published_of
from tests.faults.sabotage import strike_before
from tests.fixtures.slack_double import SlackDouble, reply, slack
from tests.runs import matchback
from tests.worlds import World

# What a model could get wrong: a repeated key, a row that vanished, a verdict nobody knows; and
# what a loader could: a choice without its time.
DAMAGE = {
    "grain": "insert into marts_next.agg_event_health_daily "
    "select * from marts_next.agg_event_health_daily limit 1",
    "conservation": "delete from marts_next.fct_reconciled_events where rowid = 0",
    "vocabulary": "update marts_next.fct_reconciled_events set status = 'fine' where rowid = 0",
    "landing contract": "update landing.consent_log set decided_at = null where rowid = 0",
}


@pytest.fixture
def double() -> Iterator[SlackDouble]:
    with slack(reply()) as served:
        yield served


@pytest.fixture
def folder(clean_run: World, tmp_path: Path, double: SlackDouble) -> Path:
    """Return a published world whose candidates still lie there."""
    shutil.copytree(clean_run.path, tmp_path / "world")
    point_alerts_to(tmp_path / "world", double.url)
    return tmp_path / "world"


class FoundBuilt:
    """Stands in for dbt: finds the candidates of the run before and takes them over."""

    def __init__(self, config: Config, environment: object) -> None:
        self.config = config

    def __enter__(self) -> "FoundBuilt":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def build(self, settings: object, **options: object) -> int:
        with DuckDBWarehouse(self.config.warehouse_path) as warehouse:
            for table in ("fct_check_results", "agg_health_score", "fct_findings"):
                warehouse.execute(
                    f"update marts_next.{table} set run_id = (select max(run_id) from ops.runs)"
                )
        return 0


@pytest.fixture
def run(
    clean_run: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], RunResult]:
    """Return a run whose build finds the candidates built, and whose audit finds them damaged."""
    dates = [parse_as_of(str(clean_run.truth[name])).date() for name in ("start", "end")]
    validate = audit.validate

    def once(damage: str) -> RunResult:
        monkeypatch.setattr(audit, "validate", strike_before(validate, damage))
        return reconcile.fn(folder / "matchback.yml", *dates, parse_as_of(clean_run.as_of))

    monkeypatch.setattr(dbt_ahead, "DbtProcess", FoundBuilt)
    monkeypatch.setenv("PREFECT_API_URL", "")
    return once


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_failed_audit_leaves_every_published_byte_and_says_so(
    damage: str, folder: Path, run: Callable[[str], RunResult], double: SlackDouble
) -> None:
    before = published_of(folder)

    with pytest.raises(IntegrityError) as refusal:
        run(damage)

    assert published_of(folder) == before
    assert refusal.value.exit_code == 3
    assert "published tables are unchanged" in str(refusal.value)
    assert lines_sent(double) == {("run_incomplete", "all", "opened"): 1}
    assert "the integrity audit failed; published tables are unchanged" in as_text(double.taken)
    assert (last_run(folder)["status"], last_run(folder)["exit_code"]) == ("incomplete", 3)


def test_the_next_good_run_publishes_and_ends_the_incident(
    folder: Path, run: Callable[[str], RunResult], double: SlackDouble
) -> None:
    with pytest.raises(IntegrityError):
        run(DAMAGE["grain"])
    table = "marts_next.agg_event_health_daily"

    repaired = run(f"create or replace table {table} as select distinct * from {table}")

    assert int(repaired.exit_code) == 0
    assert [state for _, _, state in lines_sent(double)] == ["opened", "resolved"]


def test_a_run_that_was_killed_does_not_count_as_running_for_ever(
    folder: Path, run: Callable[[str], RunResult]
) -> None:
    with DuckDBWarehouse(folder / "warehouse.duckdb") as warehouse:
        warehouse.execute("insert into ops.runs (run_id, status) values ('killed', 'running')")

    run("select 1")

    with DuckDBWarehouse(folder / "warehouse.duckdb") as warehouse:
        [killed] = warehouse.rows("select status, exit_code from ops.runs where run_id = 'killed'")
    assert killed == {"status": "incomplete", "exit_code": 3}


@pytest.mark.slow
def test_a_whole_run_with_a_broken_table_exits_3_and_the_next_one_repairs(
    clean_run: World, folder: Path, double: SlackDouble
) -> None:
    before = published_of(folder)
    window = ("--start", clean_run.truth["start"], "--end", clean_run.truth["end"])
    command = ("run", *window, "--as-of", clean_run.as_of)

    broken = matchback(folder, DAMAGE["grain"], *command, module="tests.faults.sabotage")
    after = published_of(folder)
    good = matchback(folder, *command)

    assert broken.code == 3, broken.stderr
    assert "The integrity audit failed" in broken.stderr
    assert "Traceback" not in broken.stderr
    assert after == before
    assert good.code == 0, good.stderr
    assert [state for _, _, state in lines_sent(double)] == ["opened", "resolved"]
