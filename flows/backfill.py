"""Backfill: a window as one run a day, which goes on where it was stopped."""

from datetime import date, datetime
from pathlib import Path

from prefect import flow

from matchback.flows.reconcile import reconcile
from matchback.prefect_api import followed
from matchback.project import DEFAULT_CONFIG, Project
from matchback.runs.bookkeeping import days_to_run
from matchback.runs.result import RunResult, outcome_of


@flow(name="backfill", persist_result=False)
def backfill(
    config_path: Path = DEFAULT_CONFIG,
    start: date | None = None,
    end: date | None = None,
    as_of: datetime | None = None,
    full_refresh: bool = False,
) -> list[RunResult]:
    """Run each day, oldest first, that no completed run of its own has covered yet.

    A day that cannot complete raises and stops the backfill; the days before it are published.
    """
    project = Project.open(config_path, as_of)
    days = days_to_run(project.config, project.window(start, end))
    return [
        outcome_of(followed(reconcile), config_path, day, day, project.clock.now, full_refresh)
        for day in days
    ]
