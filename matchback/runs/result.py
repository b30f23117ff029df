"""What a run found, and the two ways in which it ends otherwise than well."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, TypeVar

from matchback.core.clock import Clock
from matchback.core.errors import ExitCode, MatchbackError
from matchback.core.window import Window

Arguments = ParamSpec("Arguments")
Outcome = TypeVar("Outcome")
RunStatus = Literal["running", "healthy", "failing", "incomplete"]


@dataclass
class RunResult:
    """What one run found, as the command line prints it."""

    run_id: str
    window: Window
    status: RunStatus = "running"
    exit_code: ExitCode = ExitCode.RUN_INCOMPLETE
    message: str = ""
    checks: dict[str, str] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    loads: Sequence[Mapping[str, object]] = ()
    published: dict[str, int] = field(default_factory=dict)
    grade: str | None = None
    missing_order: str | None = None
    report: str | None = None
    undelivered: int = 0
    bytes_billed: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the one object of `matchback run --json`."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "exit_code": int(self.exit_code),
            "window": {"start": self.window.start, "end": self.window.end},
            "message": self.message,
            "grade": self.grade,
            "checks": self.checks,
            "findings": self.findings,
            "loads": self.loads,
            "published": self.published,
            "report": self.report,
            "undelivered_alerts": self.undelivered,
            "bytes_billed": self.bytes_billed,
            "seconds": self.seconds,
        }

    @property
    def summary(self) -> str:
        """The verdict as Markdown, for the run's page in Prefect."""
        return (
            f"# {self.window}: {self.status}\n\nGrade {self.grade or '-'}, run {self.run_id}, "
            f"report `{self.report or 'not written'}`."
        )

    @property
    def check_table(self) -> list[dict[str, object]]:
        """The checks with their findings, for the run's page in Prefect."""
        return [
            {"check": check, "status": status, "findings": self.findings.get(check, 0)}
            for check, status in self.checks.items()
        ]


class StoppedError(MatchbackError):
    """Nobody foresaw the error; it is named by its type only, since its text may quote a row."""

    def __init__(self, step: str, error: Exception) -> None:
        super().__init__(
            f"The run stopped at '{step}' ({type(error).__name__}); published tables are "
            "consistent. Free disk space and memory if they are short, then run again; rows are "
            "never loaded twice."
        )


class AlertUndeliveredError(MatchbackError):
    """A flow did all its work, but an alert stays in the outbox; holds what the flow did."""

    exit_code = ExitCode.ALERT_UNDELIVERED

    def __init__(self, outcome: Any) -> None:  # noqa: ANN401 - of the flow that raises
        super().__init__("An alert could not be delivered; it stays in the outbox.")
        self.outcome = outcome


@contextmanager
def told_in_our_words(step: str) -> Iterator[None]:
    """Let no error out but a MatchbackError: Prefect stores and logs the text of any other."""
    try:
        yield
    except MatchbackError:
        raise
    except Exception as error:
        raise StoppedError(step, error) from None


def outcome_of(
    flow: Callable[Arguments, Outcome], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Outcome:
    """Call a flow and return what it did, also where an alert of it could not be delivered."""
    try:
        return flow(*args, **kwargs)
    except AlertUndeliveredError as undelivered:
        outcome: Outcome = undelivered.outcome
        return outcome


def new_run_id(clock: Clock) -> str:
    """Return an id that sorts by the run's time, then by the order in which runs began."""
    return f"{clock.now:%Y%m%dT%H%M%SZ}-{time.time_ns() // 1000:015x}"


WORST_FIRST = (ExitCode.ALERT_UNDELIVERED, ExitCode.CHECK_FAILED, ExitCode.HEALTHY)


def worst_exit_code(results: Sequence[RunResult]) -> ExitCode:
    """Return the exit code of a backfill."""
    found = {result.exit_code for result in results}
    return next((code for code in WORST_FIRST if code in found), ExitCode.HEALTHY)
