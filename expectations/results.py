"""What an audit found: suites, what they judged and what failed, without any value of a row."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Severity = Literal["critical", "warning"]

NOT_READ = "could not be read"
NOT_JUDGED = "could not be judged"
NOTHING_JUDGED = "nothing was judged"


@dataclass(frozen=True)
class FailedPromise:
    """One broken promise: how many rows break it, of how many; `reason` names an error by type."""

    promise: str
    severity: Severity = "critical"
    broken_count: int | None = None
    population: int | None = None
    reason: str = ""

    def __str__(self) -> str:
        counts = "" if self.broken_count is None else f"{self.broken_count} of {self.population}"
        details = "; ".join(part for part in (counts, self.reason) if part)
        return f"{self.promise} ({details})" if details else self.promise


@dataclass(frozen=True)
class SuiteResult:
    """One suite over one window; `skipped` says why there was nothing it could judge.

    `unjudged` names the promises that met no row: neither kept nor broken.
    """

    name: str
    evaluated: int = 0
    failed: tuple[FailedPromise, ...] = ()
    skipped: str = ""
    unjudged: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Say whether something was judged and nothing failed."""
        return self.evaluated > 0 and not self.failed

    @property
    def broken(self) -> tuple[FailedPromise, ...]:
        """What failed with critical severity."""
        return tuple(one for one in self.failed if one.severity == "critical")


@dataclass(frozen=True)
class QualityReport:
    """The audit of one run."""

    suites: list[SuiteResult] = field(default_factory=list)
    docs_path: Path | None = None

    @property
    def evaluated(self) -> int:
        """The number of promises that were judged over rows."""
        return sum(suite.evaluated for suite in self.suites)

    @property
    def integrity_failures(self) -> list[str]:
        """What forbids the publication, in words; empty when the candidates may be published."""
        return [f"{suite.name}: {failure}" for suite in self.suites for failure in suite.broken]

    @property
    def skipped(self) -> dict[str, str]:
        """The suites that had nothing to judge, with the reason."""
        return {suite.name: suite.skipped for suite in self.suites if suite.skipped}
