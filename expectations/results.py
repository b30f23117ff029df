"""What an audit found: suites, what they evaluated and what failed, without any value of a row."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["integrity", "health"]
NOTHING_CHECKED = "nothing_was_checked"
NOT_READ = "frame_could_not_be_read"
NOT_EVALUATED = "could_not_be_evaluated"


@dataclass(frozen=True)
class FailedExpectation:
    """One broken promise; counts are of frame rows, None where the promise has no rows.

    `missing` names what was promised and is not there, `reason` an error by its type.
    """

    expectation: str
    column: str | None
    severity: str
    observed_count: int | None = None
    missing: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        lacks = f"lacks {', '.join(self.missing[:5])}" if self.missing else ""
        target = f"({self.column})" if self.column else ""
        details = "; ".join(part for part in (lacks, self.reason) if part)
        return f"{self.expectation}{target}" + (f": {details}" if details else "")


@dataclass(frozen=True)
class SuiteResult:
    """One suite over one window; `skipped` says why there was nothing it could check.

    `unjudged` names the columns whose expectations met no value: neither passed nor failed.
    """

    name: str
    relation: str
    kind: Kind
    evaluated: int = 0
    failed: tuple[FailedExpectation, ...] = ()
    skipped: str = ""
    unjudged: tuple[str, ...] = ()
    frame_row_count: int = 0

    @property
    def passed(self) -> bool:
        """Say whether something was checked and nothing failed."""
        return self.evaluated > 0 and not self.failed

    @property
    def broken(self) -> tuple[FailedExpectation, ...]:
        """What failed with critical severity."""
        return tuple(one for one in self.failed if one.severity == "critical")


@dataclass(frozen=True)
class QualityReport:
    """The audit of one run."""

    suites: list[SuiteResult] = field(default_factory=list)
    docs_path: Path | None = None

    @property
    def evaluated(self) -> int:
        """The number of expectations that looked at something."""
        return sum(suite.evaluated for suite in self.suites)

    @property
    def integrity_failures(self) -> list[str]:
        """What forbids the publication, in words; empty when the candidates may be published."""
        return [
            f"{suite.name} {failure}"
            for suite in self.suites
            if suite.kind == "integrity"
            for failure in suite.broken
        ]

    @property
    def health_failures(self) -> list[str]:
        """What tracking health fell short of; published and alerted, never blocking."""
        return [
            f"{suite.name} {failure}"
            for suite in self.suites
            if suite.kind == "health"
            for failure in suite.failed
        ]

    @property
    def skipped(self) -> dict[str, str]:
        """The suites that had nothing to check, with the reason."""
        return {suite.name: suite.skipped for suite in self.suites if suite.skipped}
