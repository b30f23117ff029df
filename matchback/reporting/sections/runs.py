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

    @property
    def seconds(self) -> float | None:
        if self.ended_at is None or self.started_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    @property
    def step_seconds(self) -> list[tuple[str, float]]:
        steps = orjson.loads(self.steps) if self.steps else []
        return [(step["name"], float(step["seconds"])) for step in steps]

    @property
    def busy_seconds(self) -> float:
        return sum(seconds for _, seconds in self.step_seconds)


@dataclass(frozen=True)
class Runs:
    """The newest runs; the bar of the longest is full."""

    rows: list[Run]

    def bar(self, run: Run) -> Markup:
        """Return the length of a run."""
        longest = max(row.busy_seconds for row in self.rows)
        return charts.share_bar(run.busy_seconds / (longest or 1))


def build(run: ReportedRun) -> Runs:
    """Return the newest runs."""
    return Runs(run.rows(Run, "runs"))
