"""Every check of the run, told in words and figures, surface by surface."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from markupsafe import Markup

from matchback.checks import Check, Surface, all_surfaces, check_named, surface_named
from matchback.quality.score import LostPointsRow, lost_points
from matchback.reporting import charts, figures, words
from matchback.reporting.run import ReportedRun
from matchback.reporting.totals import Totals, add_up, counted, difference, grouped

OVERALL = "overall"
SHARE_KINDS = ("share_at_least", "share_at_most")
GRADE_KINDS = {"A": "pass", "B": "pass", "C": "warn", "D": "warn", "F": "fail"}


@dataclass(frozen=True)
class CheckPart:
    """A day and dimension of a check that warns or fails there."""

    check_id: str
    event_date: date | None
    dimension: str
    value: float | None
    numerator: int | None
    denominator: int | None
    status: str


@dataclass(frozen=True)
class CheckResult(CheckPart):
    """The row that a check of one of two runs is told by."""

    run_id: str
    surface: str
    interval_low: float | None
    interval_high: float | None
    own_status: str
    threshold_kind: str
    pass_bound: float
    warn_bound: float
    upper_bound: float | None

    @property
    def shown(self) -> str:
        """Return the value of a check as its kind is read."""
        kind, value = self.threshold_kind, self.value
        if kind == "zero":
            found = self.numerator if self.numerator is not None else value
            return figures.NONE if found is None else f"{figures.count(found)} found"
        if value is None:
            return figures.NONE
        if kind in SHARE_KINDS:
            return figures.percent(value)
        if kind == "status":
            return {1: "as it should be", 0.5: "partly", 0: "not so"}.get(value, "partly")
        if kind == "count_at_least":
            return figures.decimal(value, 1).removesuffix(".0")
        return figures.decimal(value)

    @property
    def bounds(self) -> str:
        """Return the bounds of a check in words."""
        kind, passes, warns = self.threshold_kind, self.pass_bound, self.warn_bound
        if kind == "status":
            return ""
        if kind == "ratio_band":
            return f"pass {passes:g} to {self.upper_bound:g}, warning from {warns:g}"
        if kind == "share_at_least":
            return f"pass from {_share(passes)}, warning from {_share(warns)}"
        if kind == "share_at_most":
            return f"pass up to {_share(passes)}, warning up to {_share(warns)}"
        if kind == "zero":
            return "pass at none, one fails"
        return f"pass from {passes:g}, warning from {warns:g}"

    @property
    def sample(self) -> str:
        """Return the counts and interval behind a rate, and of what when it is not of all."""
        if self.numerator is None or self.denominator is None:
            return ""
        text = f"{figures.count(self.numerator)} of {figures.count(self.denominator)}"
        if self.dimension != "all":
            of = figures.masked(self.dimension).replace(",", ", ").replace("=", " ")
            text += f", the worst: {of}, {figures.short_day(self.event_date)}"
        if self.interval_low is not None and self.interval_high is not None:
            low, high = figures.percent(self.interval_low), figures.percent(self.interval_high)
            text += f", 95 % interval {low} to {high}"
        return text

    @property
    def gauge(self) -> Markup:
        """Return a gauge of the bounds with the value marked; empty for checks without a scale."""
        kind, value = self.threshold_kind, self.value
        passes, warns = self.pass_bound, self.warn_bound
        if kind == "ratio_band" and self.upper_bound is not None:
            zones = [(warns, "fail"), (passes, "warn"), (self.upper_bound, "pass"), (1.5, "warn")]
            return charts.gauge(value, zones, 1.5)
        if kind in ("share_at_least", "count_at_least"):
            top = 1.0 if kind == "share_at_least" else max(passes * 1.25, value or 0)
            low = max(0.0, 2 * warns - 1) if kind == "share_at_least" else 0.0
            return charts.gauge(value, [(warns, "fail"), (passes, "warn"), (top, "pass")], top, low)
        top = max(warns * 2, (value or 0) * 1.1)
        if kind == "share_at_most" and top:
            return charts.gauge(value, [(passes, "pass"), (warns, "warn"), (top, "fail")], top)
        return Markup("")


@dataclass(frozen=True)
class FindingCount:
    """Findings of one check, defect, field, dimension and currency."""

    check_id: str
    defect: str | None
    field_path: str | None
    dimension: str | None
    currency: str | None
    occurrence_count: int
    entity_count: int
    value_at_risk: Decimal | None


@dataclass(frozen=True)
class Finding:
    """One finding."""

    check_id: str
    event_date: date | None
    severity: str
    source: str | None
    dataset_id: str | None
    entity_type: str | None
    entity_id: str | None
    field_path: str | None
    defect: str | None
    evidence: str | None
    occurrences: int | None
    value_at_risk: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class SurfaceScore:
    """The score of a surface, or overall, in one of two runs."""

    run_id: str
    surface: str
    weight: int
    score: float | None
    coverage: float
    grade: str | None
    is_graded_beside: bool
    cap_reason: str | None
    points_lost: list[LostPointsRow] | None


@dataclass(frozen=True)
class CheckView:
    """One check of the run, told in words and figures."""

    known: Check
    result: CheckResult
    previous_status: str | None
    points: float
    finding_count: int
    at_risk: Totals
    defects: list[tuple[str, int]]
    rows: list[Finding]
    parts: list[CheckPart]

    @property
    def status(self) -> str:
        return self.result.status

    @property
    def worst(self) -> str:
        """Return the day that decides the status where the value of the whole window would not."""
        if self.result.own_status == self.result.status:
            return ""
        for part in self.parts:
            if part.status == self.result.status:
                verb = {"fail": "fails", "warn": "warns"}[part.status]
                value = replace(self.result, value=part.value, numerator=part.numerator).shown
                return f"{verb} on {figures.short_day(part.event_date)} at {value}"
        return ""

    @property
    def found(self) -> str:
        """Return the number of findings where the value does not say it."""
        is_said = (
            self.result.threshold_kind == "zero" and self.result.numerator == self.finding_count
        )
        has_more = self.finding_count and not is_said
        return figures.whole(self.finding_count, "finding") if has_more else ""


@dataclass(frozen=True)
class SurfaceView:
    """One graded part of the set-up with its checks, worst first."""

    known: Surface
    result: SurfaceScore
    checks: list[CheckView]
    change: float | None

    @property
    def bar(self) -> Markup:
        kind = GRADE_KINDS.get(self.result.grade or "", "none")
        return charts.share_bar((self.result.score or 0) / 100, kind)


def build(run: ReportedRun) -> dict[str, CheckView]:
    """Return every check of the run by its id."""
    results = run.rows(CheckResult, "checks")
    previous = {row.check_id: row.status for row in results if row.run_id == run.previous_run_id}
    now, _ = run.view(overall_scores)
    points = {lost.check_id: lost.points for lost in lost_points(now.points_lost)}
    counts = grouped(run.rows(FindingCount, "findings"), lambda row: row.check_id)
    rows = grouped(run.rows(Finding, "finding_rows"), lambda row: row.check_id)
    parts = grouped(run.rows(CheckPart, "check_dimensions"), lambda row: row.check_id)
    told = {}
    for row in results:
        if row.run_id == run.run_id:
            name, own = row.check_id, counts.get(row.check_id, [])
            told[name] = CheckView(
                known=check_named(name),
                result=row,
                previous_status=previous.get(name),
                points=points.get(name, 0.0),
                finding_count=sum(count.occurrence_count for count in own),
                at_risk=add_up((count.currency, count.value_at_risk) for count in own),
                defects=counted((one.defect, one.occurrence_count) for one in own if one.defect),
                rows=rows.get(name, []),
                parts=parts.get(name, []),
            )
    return told


def surfaces(run: ReportedRun) -> list[SurfaceView]:
    """Return the surfaces in the order of their seed, weighted ones first."""
    scores = run.rows(SurfaceScore, "scores")
    before = {row.surface: row.score for row in scores if row.run_id == run.previous_run_id}
    now = {row.surface: row for row in scores if row.run_id == run.run_id}
    checks = grouped(run.view(build).values(), lambda check: check.result.surface)
    order = [*all_surfaces(), *sorted(now.keys() - {*all_surfaces(), OVERALL})]
    return [
        SurfaceView(
            known=surface_named(name),
            result=now[name],
            checks=sorted(checks.get(name, []), key=_worst_first),
            change=difference(now[name].score, before.get(name)),
        )
        for name in order
        if name in now
    ]


def overall_scores(run: ReportedRun) -> tuple[SurfaceScore, SurfaceScore | None]:
    """Return the overall score of the run and of the one before."""
    overall = {
        row.run_id: row for row in run.rows(SurfaceScore, "scores") if row.surface == OVERALL
    }
    return overall[run.run_id], overall.get(run.previous_run_id or "")


def _worst_first(check: CheckView) -> tuple[int, float, str]:
    return words.STATUS_ORDER.index(check.status), -check.points, check.known.check_id


def _share(share: float) -> str:
    return f"{share * 100:g}{figures.NARROW_SPACE}%"
