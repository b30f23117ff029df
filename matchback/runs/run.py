"""One run under way: what it works on, how far it has come, and what it has found."""

from collections.abc import Iterator
from contextlib import contextmanager

from matchback.core.errors import MatchbackError
from matchback.core.progress import Progress
from matchback.core.window import Window
from matchback.opening import open_warehouse, sole_writer
from matchback.project import Project
from matchback.runs.bookkeeping import record_incomplete
from matchback.runs.result import RunResult, StoppedError, new_run_id, told_in_our_words
from matchback.warehouse.base import Warehouse
from matchback.warehouse.lease import Lease


class Run:
    """What the steps of a run share; they add to its result."""

    def __init__(self, project: Project, window: Window, *, is_full_refresh: bool = False) -> None:
        self.config = project.config
        self.clock = project.clock
        self.environment = project.settings.child_environment()
        self.progress = Progress(is_plain=project.settings.is_ci)
        self.window = window
        self.is_full_refresh = is_full_refresh
        self.result = RunResult(new_run_id(project.clock), window)
        self._lease: Lease | None = None

    @property
    def run_id(self) -> str:
        """The id that its rows bear."""
        return self.result.run_id

    @contextmanager
    def as_sole_writer(self) -> Iterator[None]:
        """Hold the warehouse for the run; one that cannot complete leaves a trace and an alert."""
        with sole_writer(self.config, self.run_id) as self._lease:
            try:
                yield
            except MatchbackError as error:
                self._end_early(error)
                raise
            except Exception as error:
                stopped = StoppedError(self.progress.current, error)
                self._end_early(stopped)
                raise stopped from None
            finally:
                self.result.seconds = self.progress.seconds

    def renew_lease(self) -> None:
        """Make sure that nobody else took the warehouse meanwhile."""
        if self._lease:
            self._lease.renew()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show a step for as long as the block runs."""
        with told_in_our_words(name), self.progress.step(name):
            yield

    @contextmanager
    def opened(self) -> Iterator[Warehouse]:
        """Open the warehouse and count what is billed meanwhile."""
        with open_warehouse(self.config) as warehouse:
            try:
                yield warehouse
            finally:
                self.result.bytes_billed += warehouse.bytes_billed

    def _end_early(self, error: MatchbackError) -> None:
        self.result.message = str(error)
        record_incomplete(self.config, self.result, self.clock, self.progress.current)
