"""What the audit is made from: versions, inputs and thresholds with their digests."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata

from matchback.checks import Check, all_checks
from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import drift

PACKAGES = ("matchback", "dbt-core", "duckdb", "great-expectations")
INPUT_CAP = 400


@dataclass(frozen=True)
class InputFile:
    """One file that the window reads, as of its newest load."""

    source: str
    file_name: str
    digest: str | None
    rows_read: int | None
    notes: list[str] | None


@dataclass(frozen=True)
class Provenance:
    """Versions, inputs and thresholds."""

    versions: list[tuple[str, str]]
    contract_version: int | None
    inputs: list[InputFile]
    hidden_input_count: int
    inputs_digest: str
    thresholds: list[Check]
    thresholds_digest: str


def build(run: ReportedRun) -> Provenance:
    """Return what the audit is made from; pure but for the versions of installed packages."""
    inputs = run.rows(InputFile, "inputs")
    thresholds = sorted(all_checks().values(), key=lambda check: check.check_id)
    return Provenance(
        versions=[(name, _version(name)) for name in PACKAGES],
        contract_version=run.view(drift.contract_version),
        inputs=inputs[:INPUT_CAP],
        hidden_input_count=max(0, len(inputs) - INPUT_CAP),
        inputs_digest=_digest(f"{row.source}|{row.file_name}|{row.digest}" for row in inputs),
        thresholds=thresholds,
        thresholds_digest=_digest(_threshold(check) for check in thresholds),
    )


def _threshold(check: Check) -> str:
    upper = "" if check.upper_bound is None else check.upper_bound
    return "|".join(
        map(str, (check.check_id, check.description, check.kind, check.pass_bound, check.surface,
                  upper, check.warn_bound, check.weight))
    )  # fmt: skip


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
