"""What a score means."""

import pytest

from matchback.quality.score import grade_of, lost_points


@pytest.mark.parametrize(
    ("score", "grade"),
    [(100, "A"), (90, "A"), (89.999, "B"), (80, "B"), (70, "C"), (60, "D"), (59.9, "F"), (0, "F")],
)
def test_a_grade_begins_at_its_bound(score: float, grade: str) -> None:
    assert grade_of(score) == grade


def test_what_was_not_measured_has_no_grade() -> None:
    assert grade_of(None) is None


def test_lost_points_come_dearest_first_then_by_name() -> None:
    rows = [
        {"check_id": "b", "status": "warn", "points": 1.0},
        {"check_id": "a", "status": "fail", "points": 1.0},
        {"check_id": "c", "status": "fail", "points": 4.0},
    ]
    assert [lost.check_id for lost in lost_points(rows)] == ["c", "a", "b"]
    assert lost_points(None) == []
