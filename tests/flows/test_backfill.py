"""A backfill is one run a day and goes on where it was stopped."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from matchback.config import Config, load_config
from matchback.core.errors import BuildError, ExitCode
from matchback.core.window import Window
from matchback.flows import backfill as job
from matchback.opening import open_warehouse
from matchback.runs.result import AlertUndeliveredError, RunResult, worst_exit_code

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 4)
WINDOW = Window(FIRST, LAST)


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "")
    path = tmp_path / "matchback.yml"
    path.write_text('sources: {ga4: {path: "data/*.json"}}', encoding="utf-8")
    return load_config(path, {})


@pytest.fixture
def backfill(config, monkeypatch) -> Callable[..., tuple[list[RunResult], list[int]]]:
    """Return a backfill whose runs leave their trace in ops.runs, as the real ones do."""

    def fill(*, breaks_on: int | None = None, undelivered_on: int | None = None):
        days = Days(config, breaks_on, undelivered_on)
        monkeypatch.setattr(job, "followed", lambda _: days.run)
        try:
            return job.backfill.fn(config.root / "matchback.yml", FIRST, LAST), days.seen
        except BuildError:
            return [], days.seen

    return fill


class Days:
    """Stands in for the runs of a backfill."""

    def __init__(self, config: Config, breaks_on: int | None, undelivered_on: int | None) -> None:
        self.config, self.breaks_on, self.undelivered_on = config, breaks_on, undelivered_on
        self.seen: list[int] = []

    def run(self, _: Path, start: date, end: date, *more: datetime | bool) -> RunResult:
        self.seen.append(start.day)
        is_broken = start.day == self.breaks_on
        with open_warehouse(self.config) as warehouse:
            warehouse.apply_ddl()
            warehouse.execute(
                "insert into ops.runs (run_id, window_start, window_end, status) "
                "values (?, ?, ?, ?)",
                [f"run-{start}", start, end, "incomplete" if is_broken else "healthy"],
            )
        if is_broken:
            raise BuildError("dbt could not build.")
        result = RunResult(f"run-{start}", Window(start, end), exit_code=ExitCode.HEALTHY)
        if start.day == self.undelivered_on:
            raise AlertUndeliveredError(result)
        return result


def test_every_day_is_run_once_oldest_first(backfill):
    results, days = backfill()
    assert len(results) == 4
    assert days == [1, 2, 3, 4]
    assert backfill() == ([], [])


def test_a_backfill_that_was_stopped_goes_on_where_it_stopped(backfill):
    assert backfill(breaks_on=3) == ([], [1, 2, 3])
    assert backfill()[1] == [3, 4]


def test_an_alert_that_could_not_be_delivered_stops_no_backfill(backfill):
    results, days = backfill(undelivered_on=2)
    assert days == [1, 2, 3, 4]
    assert len(results) == 4


def test_an_undelivered_alert_beats_a_failed_check_in_the_exit_code():
    def results(*codes):
        return [RunResult("r", WINDOW, exit_code=code) for code in codes]

    failed, undelivered = ExitCode.CHECK_FAILED, ExitCode.ALERT_UNDELIVERED
    assert worst_exit_code(results(failed, undelivered, ExitCode.HEALTHY)) is undelivered
    assert worst_exit_code(results(ExitCode.HEALTHY, failed)) is failed
    assert worst_exit_code([]) is ExitCode.HEALTHY
