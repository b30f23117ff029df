"""The steps of the audit, each with its worst result and what is open."""

from collections.abc import Iterable
from dataclasses import dataclass

from matchback.quality.checks import all_surfaces
from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import checks
from matchback.reporting.sections.checks import CheckView
from matchback.reporting.totals import grouped


@dataclass(frozen=True)
class StepState:
    """One step, its worst result and what is open."""

    number: int
    title: str
    status: str
    open_points: list[CheckView]
    unmeasured_count: int


def build(run: ReportedRun) -> list[StepState]:
    """Return the steps with their worst result."""
    by_surface = {surface.known.surface: surface.checks for surface in run.view(checks.surfaces)}
    steps = grouped(all_surfaces().values(), lambda surface: surface.audit_step)
    states = []
    for number, (title, parts) in enumerate(steps.items(), start=1):
        own = [check for part in parts for check in by_surface.get(part.surface, [])]
        states.append(
            StepState(
                number,
                title,
                worst_status(own),
                [check for check in own if check.status in ("fail", "warn")],
                sum(check.status in ("unknown", "insufficient_data") for check in own),
            )
        )
    return states


def worst_status(told: Iterable[CheckView]) -> str:
    """Return the worst status of some checks: fail, warn, pass, insufficient_data, unknown."""
    found = {check.status for check in told}
    return next(
        (name for name in ("fail", "warn", "pass", "insufficient_data") if name in found), "unknown"
    )
