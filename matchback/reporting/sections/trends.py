"""Hit ratio and deduplication per event over time, and where events are lost."""

from dataclasses import dataclass
from datetime import date, timedelta

import orjson
from markupsafe import Markup

from matchback.quality.checks import Check, checks_of_section
from matchback.reporting import charts
from matchback.reporting.run import ReportedRun
from matchback.reporting.totals import grouped

CONVERSIONS_FIRST = ("purchase", "generate_lead", "sign_up")
TREND_CAP = 24


@dataclass(frozen=True)
class DailyHealth:
    """The health of one event of one dataset on one date."""

    event_date: date
    canonical_event: str
    dataset_id: str
    client_count: int | None
    consented_client_count: int | None
    server_accepted_count: int | None
    hit_ratio: float | None
    hit_ratio_low: float | None
    hit_ratio_high: float | None
    dedup_rate: float | None
    is_final: bool


@dataclass(frozen=True)
class Segment:
    """Events of one device and browser."""

    dataset_id: str
    canonical_event: str
    device_category: str | None
    browser: str | None
    consented_client_count: int
    server_accepted_count: int


@dataclass(frozen=True)
class Tick:
    """A label beside a plot, at a height in percent."""

    label: str
    position: float


@dataclass(frozen=True)
class Trend:
    """One event of one dataset over time."""

    canonical_event: str
    dataset_id: str
    hit_chart: Markup
    dedup_chart: Markup
    first: date
    hit_ticks: list[Tick]
    dedup_ticks: list[Tick]
    last_final: DailyHealth | None
    rows: list[DailyHealth]
    values: str


@dataclass(frozen=True)
class Trends:
    """The trends that are shown, how many are not, and the segments that lose most."""

    shown: list[Trend]
    hidden_count: int
    segments: list[Segment]


def build(run: ReportedRun) -> Trends | None:
    """Return one trend per event and dataset, conversions and busy events first."""
    days = grouped(
        run.rows(DailyHealth, "event_health"), lambda row: (row.dataset_id, row.canonical_event)
    )
    if not days:
        return None
    hit, dedup = checks_of_section("trends")
    series = sorted(days.values(), key=_series_order)
    return Trends(
        shown=[_trend(rows, hit, dedup, run.window_end) for rows in series[:TREND_CAP]],
        hidden_count=max(0, len(series) - TREND_CAP),
        segments=run.rows(Segment, "segments"),
    )


def has_several_datasets(run: ReportedRun) -> bool:
    """Whether figures must name the dataset they are of."""
    return len({row.dataset_id for row in run.rows(DailyHealth, "event_health")}) > 1


def _series_order(rows: list[DailyHealth]) -> tuple[int, int, str]:
    event = rows[0].canonical_event
    rank = CONVERSIONS_FIRST.index(event) if event in CONVERSIONS_FIRST else len(CONVERSIONS_FIRST)
    return rank, -sum(row.client_count or 0 for row in rows), rows[0].dataset_id


def _trend(rows: list[DailyHealth], hit: Check, dedup: Check, last: date) -> Trend:
    first = min(rows[0].event_date, last - timedelta(days=6))
    ratios = [row.hit_ratio for row in rows if row.hit_ratio is not None]
    rates = [row.dedup_rate for row in rows if row.dedup_rate is not None]
    hit_upper = hit.upper_bound or 1.0
    hit_high = max(1.3, min(2.0, max(ratios, default=0) * 1.05))
    dedup_low = max(0.0, min([0.6, *(rate - 0.05 for rate in rates)]))
    final = [row for row in rows if row.is_final and row.hit_ratio is not None]
    return Trend(
        canonical_event=rows[0].canonical_event,
        dataset_id=rows[0].dataset_id,
        hit_chart=charts.line_chart(
            [
                charts.Point(row.event_date, row.hit_ratio, bool(row.is_final),
                             row.hit_ratio_low, row.hit_ratio_high)
                for row in rows
            ],
            [
                charts.Band(hit.pass_bound, hit_upper, "pass"),
                charts.Band(hit.warn_bound, hit.pass_bound, "warn"),
            ],
            charts.Frame(first, last, 0.0, hit_high),
        ),
        dedup_chart=charts.line_chart(
            [charts.Point(row.event_date, row.dedup_rate, bool(row.is_final)) for row in rows],
            [
                charts.Band(dedup.pass_bound, 1.0, "pass"),
                charts.Band(dedup.warn_bound, dedup.pass_bound, "warn"),
            ],
            charts.Frame(first, last, dedup_low, 1.0),
        ),
        first=first,
        hit_ticks=[
            Tick(f"{value:g}", _position(value, 0, hit_high))
            for value in (0, hit.warn_bound, hit.pass_bound, hit_upper)
        ],
        dedup_ticks=[
            Tick(f"{value:.0%}", _position(value, dedup_low, 1))
            for value in (dedup.warn_bound, dedup.pass_bound)
        ],
        last_final=final[-1] if final else None,
        rows=list(reversed(rows)),
        values=orjson.dumps(
            [
                [row.event_date.isoformat(), _rounded(row.hit_ratio), _rounded(row.dedup_rate),
                 int(bool(row.is_final))]
                for row in rows
            ]
        ).decode(),
    )  # fmt: skip


def _position(value: float, low: float, high: float) -> float:
    return round((value - low) / (high - low) * 100, 1)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
