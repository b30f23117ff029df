"""What a score means: its letter before any cap, and what fixing a check returns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GRADES = ((90, "A"), (80, "B"), (70, "C"), (60, "D"), (0, "F"))


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


def lost_points(rows: Sequence[Mapping[str, Any]] | None) -> list[LostPoints]:
    """Return the lost points of agg_health_score.points_lost, dearest first, then by check."""
    lost = [LostPoints(row["check_id"], row["status"], row["points"]) for row in rows or []]
    return sorted(lost, key=lambda item: (-item.points, item.check_id))
