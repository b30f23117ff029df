"""The newest runs with the duration of their steps."""

from dataclasses import dataclass
from datetime import date, datetime

import orjson
from markupsafe import Markup

from matchback.reporting import charts
from matchback.reporting.run import ReportedRun


@dataclass(frozen=True)
class Run:
    """One run."""

    run_id: str
    started_at: datetime | None
    ended_at: datetime | None
    window_start: date | None
    window_end: date | None
    status: str
    steps: str | None
    bytes_billed: int | None


@dataclass(frozen=True)
class RunRow:
    """One run with the duration of its steps."""

    run: Run
    seconds: float | None
    steps: list[tuple[str, float]]
    bar: Markup


def build(run: ReportedRun) -> list[RunRow]:
    """Return the newest runs with the duration of their steps."""
    runs = [(row, _steps(row)) for row in run.rows(Run, "runs")]
    longest = max((_lasted(steps) for _, steps in runs), default=0) or 1
    return [
        RunRow(
            run=row,
            seconds=(row.ended_at - row.started_at).total_seconds()
            if row.ended_at and row.started_at
            else None,
            steps=steps,
            bar=charts.share_bar(_lasted(steps) / longest),
        )
        for row, steps in runs
    ]


def _lasted(steps: list[tuple[str, float]]) -> float:
    return sum(seconds for _, seconds in steps)


def _steps(run: Run) -> list[tuple[str, float]]:
    steps = orjson.loads(run.steps) if run.steps else []
    return [(step["name"], float(step["seconds"])) for step in steps]
