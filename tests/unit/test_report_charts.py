"""The inline charts."""

from datetime import date, timedelta

from matchback.reporting.charts import Band, Frame, Point, Slice, line_chart, sparkline, stacked_bar

FIRST = date(2026, 11, 1)
FRAME = Frame(FIRST, FIRST + timedelta(days=4), 0.0, 1.0)


def point(day: int, value: float | None, *, is_final: bool = True) -> Point:
    return Point(FIRST + timedelta(days=day), value, is_final)


def test_a_day_without_a_value_breaks_the_line_instead_of_being_bridged() -> None:
    chart = line_chart([point(0, 0.5), point(1, 0.5), point(2, None), point(3, 0.5), point(4, 0.5)],
                       [], FRAME)  # fmt: skip
    assert chart.count('class="line"') == 2


def test_provisional_days_are_dashed_from_the_last_final_one() -> None:
    chart = line_chart([point(0, 0.5), point(1, 0.5), point(2, 0.6, is_final=False)], [], FRAME)
    assert '<path class="line" d="M0 50L150 50"/>' in chart
    assert '<path class="line open" d="M150 50L300 40"/>' in chart
    assert 'class="provisional" x="150"' in chart


def test_values_outside_the_frame_stay_inside_the_plot() -> None:
    chart = line_chart([point(0, 7.0), point(1, -3.0)], [Band(0.8, 9.0, "pass")], FRAME)
    assert 'd="M0 0L150 100"' in chart
    assert 'y="0" height="20"' in chart


def test_a_sliver_stays_visible_in_a_stacked_bar() -> None:
    bar = stacked_bar([Slice(99_999, "pass"), Slice(1, "fail")])
    assert 'class="fill-fail"' in bar
    assert 'width="1.5"' in bar


def test_nothing_is_drawn_of_nothing() -> None:
    assert stacked_bar([]) == ""
    assert sparkline([80, 81], 100) == ""
    assert 'class="line"' not in line_chart([point(0, None)], [], FRAME)
