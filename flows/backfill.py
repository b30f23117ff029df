"""Backfill: a window as one run a day, which goes on where it was stopped."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from matchback.config import Config
from matchback.core.errors import ExitCode
from matchback.core.window import Window
from matchback.flows.reconcile import RunResult
from matchback.opening import has_warehouse, open_warehouse

WORST_FIRST = (ExitCode.ALERT_UNDELIVERED, ExitCode.CHECK_FAILED, ExitCode.HEALTHY)


def backfill(
    config: Config, window: Window, run_day: Callable[[Window], RunResult]
) -> list[RunResult]:
    """Run each day, oldest first, that no completed run of its own has covered yet.

    A day that cannot complete raises and stops the backfill; the days before it are published.
    """
    done = completed_days(config)
    return [run_day(Window(day, day)) for day in days_of(window) if day not in done]


def completed_days(config: Config) -> set[date]:
    """Return the days that a completed run covered alone."""
    if not has_warehouse(config):
        return set()
    with open_warehouse(config) as warehouse:
        warehouse.apply_ddl()
        rows = warehouse.rows(
            "select distinct window_start from ops.runs "
            "where window_start = window_end and status in ('healthy', 'failing')"
        )
    return {row["window_start"] for row in rows}


def days_of(window: Window) -> Iterator[date]:
    """Yield the dates of a window."""
    for offset in range((window.end - window.start).days + 1):
        yield window.start + timedelta(days=offset)


def worst_exit_code(results: list[RunResult]) -> ExitCode:
    """Return the exit code of a backfill."""
    found = {result.exit_code for result in results}
    return next((code for code in WORST_FIRST if code in found), ExitCode.HEALTHY)
