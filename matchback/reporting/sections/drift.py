"""The drift log: what differs from the versioned contract."""

from dataclasses import dataclass
from datetime import date

from matchback.reporting.run import ReportedRun


@dataclass(frozen=True)
class Difference:
    """One difference from the contract, over the dates it was seen."""

    source: str
    event_name: str | None
    path: str
    change: str
    expected: str | None
    observed: str | None
    is_breaking: bool
    release: str | None
    first_date: date
    last_date: date


@dataclass(frozen=True)
class Drift:
    """The differences, newest first."""

    rows: list[Difference]
    contract_version: int | None


def build(run: ReportedRun) -> Drift:
    """Return the drift log."""
    return Drift(run.rows(Difference, "drift"), run.view(contract_version))


def contract_version(run: ReportedRun) -> int | None:
    """Return the newest contract version that drift was judged against."""
    version: int | None
    [version] = run.rows(lambda contract_version: contract_version, "contract_version")
    return version
