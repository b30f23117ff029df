"""A backfill is one run a day and goes on where it was stopped."""

from datetime import date

import pytest

from matchback.config import load_config
from matchback.core.errors import BuildError, ExitCode
from matchback.core.window import Window
from matchback.flows.backfill import backfill, worst_exit_code
from matchback.flows.reconcile import RunResult
from matchback.opening import open_warehouse

WINDOW = Window(date(2026, 11, 1), date(2026, 11, 4))


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "matchback.yml"
    path.write_text('sources: {ga4: {path: "data/*.json"}}', encoding="utf-8")
    return load_config(path, {})


def make_run(config, *, breaks_on: int | None = None, exit_code=ExitCode.HEALTHY):
    """Stand in for a run: leaves its trace in ops.runs, as the real one does."""
    days = []

    def run_day(window: Window) -> RunResult:
        days.append(window.start.day)
        is_broken = window.start.day == breaks_on
        with open_warehouse(config) as warehouse:
            warehouse.apply_ddl()
            warehouse.execute(
                "insert into ops.runs (run_id, window_start, window_end, status) "
                "values (?, ?, ?, ?)",
                [str(len(days)), window.start, window.end,
                 "incomplete" if is_broken else "healthy"],
            )  # fmt: skip
        if is_broken:
            raise BuildError("dbt could not build.")
        return RunResult(str(len(days)), window, exit_code=exit_code)

    return run_day, days


def test_every_day_is_run_once_oldest_first(config):
    run_day, days = make_run(config)
    assert len(backfill(config, WINDOW, run_day)) == 4
    assert days == [1, 2, 3, 4]
    assert backfill(config, WINDOW, run_day) == []


def test_a_backfill_that_was_stopped_goes_on_where_it_stopped(config):
    run_day, days = make_run(config, breaks_on=3)
    with pytest.raises(BuildError):
        backfill(config, WINDOW, run_day)
    assert days == [1, 2, 3]
    run_day, days = make_run(config)
    backfill(config, WINDOW, run_day)
    assert days == [3, 4]


def test_an_undelivered_alert_beats_a_failed_check_in_the_exit_code():
    def results(*codes):
        return [RunResult("r", WINDOW, exit_code=code) for code in codes]

    failed, undelivered = ExitCode.CHECK_FAILED, ExitCode.ALERT_UNDELIVERED
    assert worst_exit_code(results(failed, undelivered, ExitCode.HEALTHY)) is undelivered
    assert worst_exit_code(results(ExitCode.HEALTHY, failed)) is failed
    assert worst_exit_code([]) is ExitCode.HEALTHY
