"""What must hold before a new destination goes live, with the state of today's destinations."""

from dataclasses import dataclass

from matchback.quality.checks import all_checks
from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import checks


@dataclass(frozen=True)
class ChecklistItem:
    """One condition and how the current destinations do."""

    text: str
    owner: str
    check_id: str
    status: str


def build(run: ReportedRun) -> list[ChecklistItem]:
    """Return the checklist in its order."""
    told = run.view(checks.build)
    listed = [check for check in all_checks().values() if check.launch_position is not None]
    return [
        ChecklistItem(
            check.launch_condition,
            check.launch_owner,
            check.check_id,
            told[check.check_id].status if check.check_id in told else "unknown",
        )
        for check in sorted(listed, key=lambda check: check.launch_position or 0)
    ]
