"""What a score means: its letter before any cap, and what fixing a check returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

GRADES = ((90, "A"), (80, "B"), (70, "C"), (60, "D"), (0, "F"))


class LostPointsRow(TypedDict):
    """One entry of agg_health_score.points_lost."""

    check_id: str
    status: str
    points: float


@dataclass(frozen=True)
class LostPoints:
    """A check that costs points of a score, and how many fixing it returns."""

    check_id: str
    status: str
    points: float


def grade_of(score: float | None) -> str | None:
    """Return the letter of a score of 0 to 100, before any cap; None stays None."""
    if score is None:
        return None
    return next(letter for bound, letter in GRADES if score >= bound)


def lost_points(rows: Sequence[LostPointsRow] | None) -> list[LostPoints]:
    """Return the lost points of agg_health_score.points_lost, dearest first, then by check."""
    lost = [LostPoints(**row) for row in rows or []]
    return sorted(lost, key=lambda item: (-item.points, item.check_id))
