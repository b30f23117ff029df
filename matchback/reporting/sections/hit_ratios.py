"""The hit ratio of each event over the last days."""

from dataclasses import dataclass
from datetime import date

from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import trends
from matchback.reporting.sections.trends import Trend

SHOWN_DAYS = 7


@dataclass(frozen=True)
class HitLine:
    """The hit ratio of one event over the last days, and whether each is final."""

    canonical_event: str
    dataset_id: str
    ratios: list[tuple[float | None, bool]]


@dataclass(frozen=True)
class HitRatios:
    """One line per trend of the report."""

    dates: list[date]
    lines: list[HitLine]


def build(run: ReportedRun) -> HitRatios:
    """Return the hit ratios of the last days."""
    dates = run.last_dates(SHOWN_DAYS)
    known = run.view(trends.build)
    return HitRatios(dates, [_line(trend, dates) for trend in known.shown] if known else [])


def _line(trend: Trend, dates: list[date]) -> HitLine:
    ratios: dict[date, tuple[float | None, bool]] = {
        row.event_date: (row.hit_ratio, bool(row.is_final)) for row in trend.rows
    }
    return HitLine(
        trend.canonical_event, trend.dataset_id, [ratios.get(at, (None, True)) for at in dates]
    )
