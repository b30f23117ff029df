"""The minute at the top: grade, changes, money and the three dearest fixes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from markupsafe import Markup

from matchback.quality.score import grade_of, lost_points
from matchback.reporting import charts, figures, words
from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import checks, verdicts
from matchback.reporting.sections.checks import CheckView, SurfaceScore, SurfaceView
from matchback.reporting.totals import Totals, add_up, difference

THIN_COVERAGE = 0.5
BETTER = {"pass": 0, "insufficient_data": 1, "unknown": 1, "warn": 2, "fail": 3}


@dataclass(frozen=True)
class DailyRisk:
    """Lost or distorted events of a date, dataset, verdict and currency."""

    event_date: date
    dataset_id: str
    status: str
    currency: str | None
    event_count: int
    event_value: Decimal | None


@dataclass(frozen=True)
class Change:
    """A check whose status moved between two runs; direction is worse, better or soft."""

    title: str
    check_id: str
    before: str
    after: str
    direction: str


@dataclass(frozen=True)
class Fix:
    """A check to fix first, and the points that returns."""

    check: CheckView
    points: float


@dataclass(frozen=True)
class Amount:
    """Events and the money behind them."""

    count: int
    totals: Totals


@dataclass(frozen=True)
class Risk:
    """Events that Meta lost or counted wrong, each once."""

    lost: Amount
    distorted: Amount

    @property
    def total(self) -> Totals:
        return add_up([*self.lost.totals, *self.distorted.totals])


@dataclass(frozen=True)
class Summary:
    """The minute at the top of the page."""

    overall: SurfaceScore
    change: float | None
    counts: dict[str, int]
    changes: list[Change]
    without_verdict_now: int
    fixes: list[Fix]
    risk: Risk
    risk_last_day: Risk
    risk_day_before: Risk | None
    history: Markup
    history_text: str

    @property
    def is_thin(self) -> bool:
        """Whether less than half of the checks, by weight, have a verdict."""
        return self.overall.coverage < THIN_COVERAGE

    @property
    def uncapped_grade(self) -> str | None:
        return grade_of(self.overall.score)


def build(run: ReportedRun) -> Summary:
    """Return grade, changes, money and the three dearest fixes."""
    now, before = run.view(checks.overall_scores)
    told = run.view(checks.build)
    history = list(reversed(run.rows(lambda score: float(score), "score_history")))
    has_day_before = run.window_end > run.window_start
    return Summary(
        overall=now,
        change=difference(now.score, before.score if before else None),
        counts=Counter(check.status for check in told.values()),
        changes=changes_of(told),
        without_verdict_now=_without_verdict_now(told),
        fixes=[
            Fix(told[lost.check_id], lost.points)
            for lost in lost_points(now.points_lost)
            if lost.check_id in told
        ][:3],
        risk=risk_of(run),
        risk_last_day=risk_of(run, run.window_end),
        risk_day_before=risk_of(run, run.window_end - timedelta(days=1))
        if has_day_before
        else None,
        history=charts.sparkline(history, 100.0),
        history_text=_history_text(history),
    )


@dataclass(frozen=True)
class Scoreboard:
    """The summary with the score of every surface."""

    summary: Summary
    surfaces: list[SurfaceView]


def scoreboard(run: ReportedRun) -> Scoreboard:
    """Return the summary with the score of every surface."""
    return Scoreboard(run.view(build), run.view(checks.surfaces))


def _history_text(scores: Sequence[float]) -> str:
    if len(scores) < 2:
        return ""
    lowest, highest = figures.points(min(scores)), figures.points(max(scores))
    return f"{len(scores)} runs, between {lowest} and {highest} points"


def changes_of(told: dict[str, CheckView]) -> list[Change]:
    """Return the checks that began or ceased to warn or fail since the run before, worse first."""
    moved = [
        Change(
            title=check.known.title,
            check_id=check.known.check_id,
            before=words.STATUS_WORDS[check.previous_status],
            after=words.STATUS_WORDS[check.status],
            direction=_direction(check.previous_status, check.status),
        )
        for check in told.values()
        if check.previous_status is not None
        and check.previous_status != check.status
        and {check.previous_status, check.status} & {"warn", "fail"}
    ]
    order = ("worse", "better", "soft")
    return sorted(moved, key=lambda change: (order.index(change.direction), change.title))


def _direction(before: str, after: str) -> str:
    if after in ("insufficient_data", "unknown"):
        return "soft"
    return "worse" if BETTER[after] > BETTER[before] else "better"


def _without_verdict_now(told: dict[str, CheckView]) -> int:
    """Return how many checks passed in the run before and have no verdict now."""
    return sum(
        check.previous_status == "pass" and check.status in ("insufficient_data", "unknown")
        for check in told.values()
    )


def risk_of(run: ReportedRun, on: date | None = None) -> Risk:
    """Return the money of lost and distorted events of the busiest dataset, each event once."""
    busiest = run.view(verdicts.busiest_datasets)[:1]
    rows = [
        row
        for row in run.rows(DailyRisk, "daily_risk")
        if row.dataset_id in busiest and (on is None or row.event_date == on)
    ]
    lost, distorted = (
        [row for row in rows if words.verdict_words(row.status).risk == kind]
        for kind in ("lost", "distorted")
    )
    return Risk(_amount(lost), _amount(distorted))


def _amount(rows: list[DailyRisk]) -> Amount:
    return Amount(
        count=sum(row.event_count for row in rows),
        totals=add_up((row.currency, row.event_value) for row in rows),
    )
