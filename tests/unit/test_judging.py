"""What Great Expectations answers of frames that are not as they should be."""

import pandas as pd
import pytest

from matchback.expectations import judging
from matchback.expectations.judging import Judge, new_context
from matchback.expectations.results import NOT_JUDGED, NOTHING_JUDGED
from matchback.expectations.suites import Promise, Suite

SUITE = Suite(
    "boundary",
    (
        Promise("named", "Everything has its name", needs_rows=True),
        Promise("dated", "Everything has its date"),
        Promise("liked", "Everything is liked", severity="warning"),
    ),
)


def frame(*rows: tuple[str, int | None, int | None]) -> pd.DataFrame:
    counted = pd.DataFrame(rows, columns=["promise", "broken_count", "population"])
    return counted.astype({"broken_count": "Int64", "population": "Int64"})


@pytest.fixture(scope="module")
def judge():
    return Judge(new_context(), "run")


def failures(result):
    return [str(one) for one in result.failed]


def test_promises_that_are_kept_pass(judge):
    result = judge.judge(SUITE, frame(("named", 0, 9), ("dated", 0, 9), ("liked", 0, 9)))

    assert result.passed
    assert result.evaluated == 3


def test_a_broken_promise_is_told_with_its_counts_and_its_severity(judge):
    result = judge.judge(SUITE, frame(("named", 0, 9), ("dated", 2, 9), ("liked", 1, 9)))

    assert failures(result) == ["dated (2 of 9)", "liked (1 of 9)"]
    assert [one.promise for one in result.broken] == ["dated"]


def test_no_rows_are_no_pass_where_rows_are_needed(judge):
    result = judge.judge(SUITE, frame(("named", 0, 0), ("dated", 0, 9), ("liked", 0, 9)))

    assert failures(result) == ["named (0 of 0; there are no rows)"]
    assert not result.passed


def test_no_rows_are_neither_kept_nor_broken_where_none_are_needed(judge):
    result = judge.judge(SUITE, frame(("named", 0, 9), ("dated", 0, 0), ("liked", 0, 9)))

    assert result.passed
    assert result.unjudged == ("dated",)
    assert result.evaluated == 2


@pytest.mark.parametrize(
    ("counted", "failed"),
    [
        (frame(("named", 0, 9), ("liked", 0, 9)), {"dated", "all_counted"}),
        (
            frame(("named", 0, 9), ("dated", 0, 9), ("dated", 0, 9), ("liked", 0, 9)),
            {"counted_once"},
        ),
        (
            frame(("named", 0, 9), ("dated", 0, 9), ("liked", 0, 9), ("other", 0, 9)),
            {"all_counted"},
        ),
        (frame(("named", 0, 9), ("dated", None, 9), ("liked", 0, 9)), {"dated"}),
        (frame(("named", None, None), ("dated", 0, 9), ("liked", 0, 9)), {"named"}),
    ],
    ids=["missing", "twice", "unknown", "not counted", "without population"],
)
def test_a_frame_that_is_not_what_the_suite_promises_fails(judge, counted, failed):
    assert {one.promise for one in judge.judge(SUITE, counted).broken} == failed


def test_an_empty_frame_fails(judge):
    result = judge.judge(SUITE, frame())

    assert {"named", "dated", "all_counted"} <= {one.promise for one in result.broken}


def test_a_suite_without_promises_judged_nothing(judge):
    result = judge.judge(Suite("empty", ()), frame())

    assert [one.promise for one in result.broken] == [NOTHING_JUDGED]
    assert not result.passed


def test_an_error_of_the_engine_is_told_as_such(judge):
    counted = frame(("named", 0, 9), ("dated", 0, 9), ("liked", 0, 9))

    result = judge.judge(SUITE, counted.drop(columns="broken_count"))

    assert {one.reason for one in result.failed if one.promise == "dated"} == {NOT_JUDGED}
    assert not result.passed


def test_the_text_of_an_error_is_not_kept(judge, monkeypatch):
    def quoting(*_):
        raise ValueError("person@example.org")

    monkeypatch.setattr(judging, "_expected", quoting)

    result = judge.judge(SUITE, frame(("named", 0, 9)))

    assert failures(result) == [f"{NOT_JUDGED} (ValueError)"]
