"""On which dates each test event validated end to end, and what carried a test event code."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from matchback.reporting.run import ReportedRun

SHOWN_DAYS = 7
TEST_EVENTS = ("page_view", "view_item", "add_to_cart", "begin_checkout", "purchase",
               "generate_lead")  # fmt: skip


@dataclass(frozen=True)
class ValidatedPairs:
    """Pairs of one date, event and dataset that validate end to end."""

    event_date: date
    canonical_event: str
    dataset_id: str
    pair_count: int
    example_event_id: str


@dataclass(frozen=True)
class TestAttempts:
    """Attempts of one date, event and outcome that carried a test event code."""

    event_date: date
    canonical_event: str | None
    outcome: str | None
    attempt_count: int


@dataclass(frozen=True)
class EventLine:
    """On which dates one test event validated end to end."""

    canonical_event: str
    pairs: list[int]
    example: str


@dataclass(frozen=True)
class TestLog:
    """The test events of the last dates of the window."""

    dates: list[date]
    lines: list[EventLine]
    traffic: list[TestAttempts]


def build(run: ReportedRun) -> TestLog:
    """Return the test-event reproduction log."""
    dates = run.last_dates(SHOWN_DAYS, since=run.window_start)
    rows = run.rows(ValidatedPairs, "test_events")
    return TestLog(
        dates=dates,
        lines=[
            _line(event, [row for row in rows if row.canonical_event == event], dates)
            for event in TEST_EVENTS
        ],
        traffic=run.rows(TestAttempts, "test_traffic"),
    )


def _line(event: str, rows: list[ValidatedPairs], dates: list[date]) -> EventLine:
    pairs: Counter[date] = Counter()
    for row in rows:
        pairs[row.event_date] += row.pair_count
    return EventLine(event, [pairs[at] for at in dates], rows[-1].example_event_id if rows else "")
