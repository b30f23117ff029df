"""The run that is reported: its dates, and what the sections read and build of it, each once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from matchback.config import Config
from matchback.core.errors import MatchbackError
from matchback.reporting.query import Item, query
from matchback.warehouse.base import Warehouse, first

HISTORY_DAYS = 90
INPUT_MARGIN_DAYS = 2
ROW_CAP = 20
Built = TypeVar("Built")


class ReportError(MatchbackError):
    """There is nothing published to report on."""


@dataclass(frozen=True)
class Dates:
    """The window of a run."""

    window_start: date
    window_end: date


@dataclass(frozen=True)
class PreviousRun:
    """The run to compare with."""

    run_id: str
    window_end: date


class ReportedRun:
    """One published run, as the sections see it."""

    def __init__(self, warehouse: Warehouse, config: Config, run_id: str) -> None:
        """Look the run up; ReportError when it published no check results."""
        dates = first(query(warehouse, Dates, "run", {"run_id": run_id}))
        if dates is None:
            raise ReportError(
                f"Run {run_id} published no check results, so there is nothing to report; "
                "run matchback run first."
            )
        self.run_id, self.config, self._warehouse = run_id, config, warehouse
        self.window_start, self.window_end = dates.window_start, dates.window_end
        previous = first(query(warehouse, PreviousRun, "previous_run",
                               {"run_id": run_id, "window_end": self.window_end}))  # fmt: skip
        self.previous_run_id = previous.run_id if previous else None
        self.previous_window_end = previous.window_end if previous else None
        self._parameters = {
            "run_id": run_id,
            "previous_run_id": self.previous_run_id or run_id,
            "window_start": self.window_start,
            "window_end": self.window_end,
            "history_start": self.window_end - timedelta(days=HISTORY_DAYS - 1),
            "inputs_start": self.window_start - timedelta(days=INPUT_MARGIN_DAYS),
            "inputs_end": self.window_end + timedelta(days=INPUT_MARGIN_DAYS),
            "row_cap": ROW_CAP,
        }
        self._known: dict[object, Any] = {}

    def rows(self, kind: Callable[..., Item], name: str) -> list[Item]:
        """Return the rows of a query of sql/; each is run once."""
        if name not in self._known:
            self._known[name] = query(self._warehouse, kind, name, self._parameters)
        rows: list[Item] = self._known[name]
        return rows

    def view(self, build: "Callable[[ReportedRun], Built]") -> Built:
        """Return what a section builds of this run; each is built once."""
        if build not in self._known:
            self._known[build] = build(self)
        built: Built = self._known[build]
        return built

    def last_dates(self, count: int, since: date = date.min) -> list[date]:
        """Return the last dates of the window or before it, none earlier than `since`."""
        dates = [self.window_end - timedelta(days=back) for back in reversed(range(count))]
        return [at for at in dates if at >= since]
