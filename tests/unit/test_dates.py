# ruff: noqa: DTZ001 - warehouse times are naive UTC
"""One reading of dates per file and column: proven, given, usual; never a silent other date."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchback.sources.kit.dates import (
    AMBIGUOUS_DATES,
    Clocks,
    DateEvidence,
    DateReading,
    usual_order,
)
from matchback.sources.kit.errors import RowRejectedError


def read_dates(values, clocks: Clocks, country: str, date_format=None) -> DateReading:
    evidence = DateEvidence()
    for value in values:
        evidence.add(value)
    return evidence.reading(clocks, country, date_format)


BERLIN = ZoneInfo("Europe/Berlin")
CLOCKS = Clocks(BERLIN, datetime(2026, 12, 1))
MOMENTS = st.datetimes(datetime(2005, 1, 2), datetime(2026, 11, 30)).map(
    lambda moment: moment.replace(microsecond=0)
)


def test_one_day_above_twelve_proves_day_before_month_for_its_whole_column():
    reading = read_dates(["05/11/2026 10:02", "14/11/2026 10:02"], CLOCKS, "US")

    assert reading.read("05/11/2026 10:02", "ordered_at") == datetime(2026, 11, 5, 9, 2)
    assert reading.note is None


def test_without_proof_the_convention_of_the_country_decides_and_the_file_says_so():
    american = read_dates(["05/11/2026"], CLOCKS, "US")
    german = read_dates(["05/11/2026"], CLOCKS, "DE")

    assert american.read("05/11/2026", "at").month == 5
    assert german.read("05/11/2026", "at").month == 11
    assert american.note == german.note == AMBIGUOUS_DATES


def test_a_column_of_iso_dates_is_not_called_ambiguous():
    assert read_dates(["2026-11-05", "2026-11-06 10:00"], CLOCKS, "US").note is None


def test_a_value_that_contradicts_the_proven_order_is_rejected():
    reading = read_dates(["14/11/2026"] * 30 + ["11/14/2026"], CLOCKS, "DE")

    with pytest.raises(RowRejectedError, match="does not fit the order dmy"):
        reading.read("11/14/2026", "ordered_at")


def test_proof_both_ways_reads_only_what_one_order_allows():
    reading = read_dates(["14/11/2026", "11/14/2026", "05/11/2026"], CLOCKS, "DE")

    assert reading.read("14/11/2026", "at").date() == datetime(2026, 11, 13, 23).date()
    assert reading.read("11/14/2026", "at").date() == datetime(2026, 11, 13, 23).date()
    with pytest.raises(RowRejectedError, match="date_format"):
        reading.read("05/11/2026", "at")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("20261109233005", datetime(2026, 11, 9, 22, 30, 5)),
        ("202611090015", datetime(2026, 11, 8, 23, 15)),
        ("20261109", datetime(2026, 11, 8, 23)),
        ("1794182400", datetime(2026, 11, 9)),
        ("1794182400000", datetime(2026, 11, 9)),
        ("1794182400000000", datetime(2026, 11, 9)),
        ("46335.5", datetime(2026, 11, 9, 11)),
        ("9 Nov 2026 3:04 PM", datetime(2026, 11, 9, 14, 4)),
        ("November 9, 2026, 12:04:05 am EST", datetime(2026, 11, 9, 5, 4, 5)),
        ("Monday, 9th November 2026 10:00", datetime(2026, 11, 9, 9)),
        ("2026-Nov-09 10:00", datetime(2026, 11, 9, 9)),
        ("Mon Nov 09 2026 10:00:00 GMT+0100 (Central European Time)", datetime(2026, 11, 9, 9)),
        ("2026-11-09 10:00:00 +0530", datetime(2026, 11, 9, 4, 30)),
        ("2026-11-09T10:00:00.250Z", datetime(2026, 11, 9, 10, 0, 0, 250000)),
        ("09.11.2026, 10:00", datetime(2026, 11, 9, 9)),
        ("9-11-26 10:00", datetime(2026, 11, 9, 9)),
    ],
)
def test_moments_are_read_as_they_are_written(text: str, utc: datetime):
    assert read_dates([], CLOCKS, "DE").read(text, "at") == utc


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "10:00", "1612", "31/02/2026", "2026-13-01", "09 Nov 2026 10 o'clock",
        "9 Nov 2026 25:00", "2026-11-09 13:00 PM", "2026-11-09 10:00 XYZ", "20261399", "2612-01-01",
        "1999-12-31", "0", None, True,
    ],
)  # fmt: skip
def test_what_is_no_believable_moment_is_rejected(text: object):
    with pytest.raises(RowRejectedError):
        read_dates([], CLOCKS, "DE").read(text, "at")


def test_a_given_order_or_pattern_is_obeyed():
    assert read_dates(["05/11/2026"], CLOCKS, "US", "dmy").read("05/11/2026", "at").month == 11
    fixed = read_dates([], CLOCKS, "US", "%d|%m|%Y %H.%M")
    assert fixed.read("05|11|2026 10.02", "at") == datetime(2026, 11, 5, 9, 2)
    with pytest.raises(RowRejectedError):
        fixed.read("2026-11-05", "at")


def test_of_a_repeated_hour_it_is_the_first():
    assert read_dates([], CLOCKS, "DE").read("2026-10-25 02:30", "at") == datetime(
        2026, 10, 25, 0, 30
    )


@pytest.mark.parametrize(
    ("country", "order"),
    [("US", "mdy"), ("PH", "mdy"), ("DE", "dmy"), ("GB", "dmy"), ("SE", "dmy"), ("XX", "dmy")],
)
def test_countries_have_an_order(country: str, order: str):
    assert usual_order(country) == order


@given(MOMENTS, st.sampled_from(["%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p"]))
def test_no_moment_is_silently_another_one(moment: datetime, pattern: str):
    text = moment.strftime(pattern)
    proof = "31/12/2020" if pattern.startswith("%d") else "12/31/2020"
    utc = Clocks(ZoneInfo("UTC"), CLOCKS.latest)

    assert read_dates([text, proof], utc, "US").read(text, "at") == moment


@given(MOMENTS, st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_epochs_of_every_unit_come_back(moment: datetime, unit: int):
    text = str(int(moment.replace(tzinfo=UTC).timestamp()) * unit)

    assert abs(read_dates([], CLOCKS, "DE").read(text, "at") - moment) < timedelta(milliseconds=1)


@given(MOMENTS, st.sampled_from(["%Y%m%d%H%M%S", "%d %b %Y %H:%M:%S", "%B %d, %Y %H:%M:%S"]))
def test_compact_and_named_dates_come_back(moment: datetime, pattern: str):
    utc = Clocks(ZoneInfo("UTC"), CLOCKS.latest)

    assert read_dates([], utc, "DE").read(moment.strftime(pattern), "at") == moment


@given(st.text(max_size=24))
def test_any_text_is_a_moment_or_a_rejected_row(text: str):
    try:
        moment = read_dates([text], CLOCKS, "DE").read(text, "at")
    except RowRejectedError:
        return
    assert CLOCKS.believes(moment)
