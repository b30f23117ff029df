"""From evidence to what the pages show: pure, no warehouse, no clock, no HTML beyond the charts."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import orjson
from markupsafe import Markup

from matchback.quality.score import LostPoints, grade_of, lost_points
from matchback.reporting import charts, figures, words
from matchback.reporting.evidence import HISTORY_DAYS, ROW_CAP, Evidence
from matchback.warehouse.base import Row

CONVERSIONS_FIRST = ("purchase", "generate_lead", "sign_up")
TREND_CAP = 24
DATASET_CAP = 4
THIN_COVERAGE = 0.5
HASH_CHECKS = ("hash_mismatch", "hash_format", "hash_junk", "hash_constant", "never_hash")
BETTER = {"pass": 0, "insufficient_data": 1, "unknown": 1, "warn": 2, "fail": 3}
SHARE_KINDS = ("share_at_least", "share_at_most")

Totals = list[tuple[str | None, Decimal]]


@dataclass(frozen=True)
class Check:
    """One check of the run, told in words and figures."""

    check_id: str
    surface: str
    title: str
    formula: str
    fix: str
    status: str
    status_word: str
    value: str
    worst: str
    bounds: str
    sample: str
    gauge: Markup
    previous_status: str | None
    points: float
    finding_count: int
    found: str
    at_risk: Totals
    defects: list[tuple[str, int]]
    rows: list[Row]
    dimensions: list[Row]


@dataclass(frozen=True)
class Surface:
    """One graded part of the set-up with its checks, worst first."""

    surface: str
    title: str
    question: str
    weight: int
    score: float | None
    coverage: float
    grade: str | None
    is_graded_beside: bool
    checks: list[Check]
    bar: Markup
    change: float | None


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

    check: Check
    points: float


@dataclass(frozen=True)
class Risk:
    """Money of events that Meta lost or counted wrong, each event once."""

    lost: Totals
    distorted: Totals
    lost_count: int
    distorted_count: int

    @property
    def total(self) -> Totals:
        return add_up([*self.lost, *self.distorted])


@dataclass(frozen=True)
class Summary:
    """The minute at the top of the page."""

    grade: str | None
    score: float | None
    coverage: float
    cap_reason: str | None
    uncapped_grade: str | None
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
        return self.coverage < THIN_COVERAGE


@dataclass(frozen=True)
class Trend:
    """One event of one dataset over time."""

    canonical_event: str
    dataset_id: str
    hit_chart: Markup
    dedup_chart: Markup
    first: date
    hit_ticks: list["Tick"]
    dedup_ticks: list["Tick"]
    last_final: Row | None
    rows: list[Row]
    values: str


@dataclass(frozen=True)
class Tick:
    """A label beside a plot, at a height in percent."""

    label: str
    position: float


@dataclass(frozen=True)
class VerdictRow:
    """One verdict: how many events, what share, and how much money stands behind it."""

    status: str
    title: str
    meaning: str
    risk: str
    event_count: int
    share: float
    purchase_count: int
    values: Totals
    reasons: list[tuple[str, int]]
    rows: list[Row]


@dataclass(frozen=True)
class Verdicts:
    """The three-way verdicts of one dataset; shares add up to 100 %."""

    dataset_id: str
    event_count: int
    purchase_count: int
    values: Totals
    rows: list[VerdictRow]
    bar: Markup
    presence: list[Row]


@dataclass(frozen=True)
class ConsentRow:
    """One destination: what left rightly, what was rightly kept, and the ways to be wrong."""

    destination: str
    tier: str
    sent_count: int
    kept_count: int
    leak_count: int
    over_blocked_count: int
    missing_count: int
    leak_reasons: list[tuple[str, int]]


@dataclass(frozen=True)
class HashRow:
    """One match key of purchases: how often sent, how often wrong, what to change."""

    key: str
    label: str
    event_count: int
    sent_count: int
    coverage: float
    meta_coverage: float | None
    wrong_count: int
    fitting_count: int
    compared_count: int
    defects: list[tuple[str, int, str]]
    recoverable: int
    at_risk: Totals
    bar: Markup


@dataclass(frozen=True)
class Forecast:
    """What Meta will count of one event of one dataset, over all currencies."""

    canonical_event: str
    dataset_id: str
    browser_count: int
    server_count: int
    expected_count: int
    true_count: int
    overcount: int
    overcount_value: Totals


@dataclass(frozen=True)
class Step:
    """One step of the identity funnel."""

    title: str
    meaning: str
    count: int
    share: float
    bar: Markup


@dataclass(frozen=True)
class RunRow:
    """One run with the duration of its steps."""

    run: Row
    seconds: float | None
    steps: list[tuple[str, float]]
    bar: Markup


@dataclass(frozen=True)
class Page:
    """All sections of the report."""

    evidence: Evidence
    summary: Summary
    surfaces: list[Surface]
    trends: list[Trend]
    hidden_trend_count: int
    history_start: date
    verdicts: list[Verdicts]
    hidden_dataset_count: int
    consent: list[ConsentRow]
    hashes: list[HashRow]
    funnel: list[Step]
    funnel_dataset: str | None
    forecast: list[Forecast]
    runs: list[RunRow]
    row_cap: int = ROW_CAP
    history_days: int = HISTORY_DAYS
    checks: dict[str, Check] = field(default_factory=dict)


def build_page(evidence: Evidence) -> Page:
    """Return the sections of the report, in a fixed order."""
    checks = build_checks(evidence)
    surfaces = build_surfaces(evidence, checks)
    trends = build_trends(evidence)
    datasets = busiest_datasets(evidence)
    return Page(
        evidence=evidence,
        summary=build_summary(evidence, checks, datasets),
        surfaces=surfaces,
        trends=trends[:TREND_CAP],
        hidden_trend_count=max(0, len(trends) - TREND_CAP),
        history_start=evidence.window_end - timedelta(days=HISTORY_DAYS - 1),
        verdicts=[build_verdicts(evidence, dataset) for dataset in datasets[:DATASET_CAP]],
        hidden_dataset_count=max(0, len(datasets) - DATASET_CAP),
        consent=build_consent(evidence),
        hashes=build_hashes(evidence),
        funnel=build_funnel(evidence, datasets[0]) if datasets else [],
        funnel_dataset=datasets[0] if datasets else None,
        forecast=build_forecast(evidence),
        runs=build_runs(evidence),
        checks=checks,
    )


# --- checks and surfaces ------------------------------------------------------------------------


def build_checks(evidence: Evidence) -> dict[str, Check]:
    """Return every check of the run by its id."""
    previous = {
        row["check_id"]: row["status"]
        for row in evidence.checks
        if row["run_id"] == evidence.previous_run_id
    }
    points = {
        lost.check_id: lost.points
        for row in evidence.scores
        if row["run_id"] == evidence.run_id and row["surface"] == "overall"
        for lost in lost_points(row["points_lost"])
    }
    findings = grouped(evidence.findings, "check_id")
    rows = grouped(evidence.finding_rows, "check_id")
    dimensions = grouped(evidence.check_dimensions, "check_id")
    return {
        row["check_id"]: _check(
            row,
            previous=previous.get(row["check_id"]),
            points=points.get(row["check_id"], 0.0),
            findings=findings.get(row["check_id"], []),
            rows=rows.get(row["check_id"], []),
            dimensions=dimensions.get(row["check_id"], []),
        )
        for row in evidence.checks
        if row["run_id"] == evidence.run_id
    }


def _check(
    row: Row,
    *,
    previous: str | None,
    points: float,
    findings: list[Row],
    rows: list[Row],
    dimensions: list[Row],
) -> Check:
    told = words.check_words(row["check_id"])
    defects: dict[str, int] = defaultdict(int)
    for finding in findings:
        if finding["defect"]:
            defects[finding["defect"]] += finding["occurrence_count"]
    finding_count = sum(finding["occurrence_count"] for finding in findings)
    is_said = row["threshold_kind"] == "zero" and row["numerator"] == finding_count
    return Check(
        check_id=row["check_id"],
        surface=row["surface"],
        title=told.title,
        formula=told.formula,
        fix=told.fix,
        status=row["status"],
        status_word=words.STATUS_WORDS.get(row["status"], row["status"]),
        value=check_value(row),
        worst=check_worst(row, dimensions),
        bounds=check_bounds(row),
        sample=check_sample(row),
        gauge=check_gauge(row),
        previous_status=previous,
        points=points,
        finding_count=finding_count,
        found=figures.whole(finding_count, "finding") if finding_count and not is_said else "",
        at_risk=add_up((finding["currency"], finding["value_at_risk"]) for finding in findings),
        defects=sorted(defects.items(), key=lambda item: (-item[1], item[0])),
        rows=rows,
        dimensions=dimensions,
    )


def check_value(row: Row) -> str:
    """Return the value of a check as its kind is read."""
    kind, value = row["threshold_kind"], row["value"]
    if kind == "zero":
        found = row["numerator"] if row["numerator"] is not None else value
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


def check_worst(row: Row, dimensions: list[Row]) -> str:
    """Return the day that decides the status where the value of the whole window would not."""
    if row["own_status"] == row["status"]:
        return ""
    for part in dimensions:
        if part["status"] == row["status"]:
            verb = {"fail": "fails", "warn": "warns"}[part["status"]]
            value = check_value({**row, "value": part["value"], "numerator": part["numerator"]})
            return f"{verb} on {figures.short_day(part['event_date'])} at {value}"
    return ""


def check_bounds(row: Row) -> str:
    """Return the bounds of a check in words."""
    kind, passes, warns = row["threshold_kind"], row["pass_bound"], row["warn_bound"]
    if passes is None or kind == "status":
        return ""
    if kind == "ratio_band":
        return f"pass {passes:g} to {row['upper_bound']:g}, warning from {warns:g}"
    if kind == "share_at_least":
        return f"pass from {_share(passes)}, warning from {_share(warns)}"
    if kind == "share_at_most":
        return f"pass up to {_share(passes)}, warning up to {_share(warns)}"
    if kind == "zero":
        return "pass at none, one fails"
    return f"pass from {passes:g}, warning from {warns:g}"


def _share(share: float) -> str:
    return f"{share * 100:g}{figures.NARROW_SPACE}%"


def check_sample(row: Row) -> str:
    """Return the counts and interval behind a rate, and of what when it is not of all."""
    if row["numerator"] is None or row["denominator"] is None:
        return ""
    text = f"{figures.count(row['numerator'])} of {figures.count(row['denominator'])}"
    if row["dimension"] != "all":
        of = figures.masked(row["dimension"]).replace(",", ", ").replace("=", " ")
        text += f", the worst: {of}, {figures.short_day(row['event_date'])}"
    if row["interval_low"] is not None and row["interval_high"] is not None:
        low, high = figures.percent(row["interval_low"]), figures.percent(row["interval_high"])
        text += f", 95 % interval {low} to {high}"
    return text


def check_gauge(row: Row) -> Markup:
    """Return a gauge of the bounds with the value marked; empty for checks without a scale."""
    kind, value = row["threshold_kind"], row["value"]
    passes, warns = row["pass_bound"], row["warn_bound"]
    if passes is None or warns is None:
        return Markup("")
    if kind == "ratio_band":
        upper = row["upper_bound"]
        zones = [(warns, "fail"), (passes, "warn"), (upper, "pass"), (1.5, "warn")]
        return charts.gauge(value, zones, 1.5)
    if kind in ("share_at_least", "count_at_least"):
        top = 1.0 if kind == "share_at_least" else max(passes * 1.25, value or 0)
        low = max(0.0, 2 * warns - 1) if kind == "share_at_least" else 0.0
        return charts.gauge(value, [(warns, "fail"), (passes, "warn"), (top, "pass")], top, low)
    if kind == "share_at_most":
        top = max(warns * 2, (value or 0) * 1.1)
        return charts.gauge(value, [(passes, "pass"), (warns, "warn"), (top, "fail")], top)
    return Markup("")


def build_surfaces(evidence: Evidence, checks: dict[str, Check]) -> list[Surface]:
    """Return the surfaces in the order of the words, weighted ones first."""
    before = {
        row["surface"]: row["score"]
        for row in evidence.scores
        if row["run_id"] == evidence.previous_run_id
    }
    rows = {
        row["surface"]: row
        for row in evidence.scores
        if row["run_id"] == evidence.run_id and row["surface"] != "overall"
    }
    order = [*words.SURFACES, *sorted(set(rows) - set(words.SURFACES))]
    return [
        _surface(rows[name], before.get(name), [c for c in checks.values() if c.surface == name])
        for name in order
        if name in rows
    ]


def _surface(row: Row, before: float | None, checks: list[Check]) -> Surface:
    told = words.surface_words(row["surface"])
    return Surface(
        surface=row["surface"],
        title=told.title,
        question=told.question,
        weight=row["weight"],
        score=row["score"],
        coverage=row["coverage"],
        grade=row["grade"],
        is_graded_beside=row["is_graded_beside"],
        checks=sorted(checks, key=_worst_first),
        bar=charts.share_bar((row["score"] or 0) / 100, _grade_kind(row["grade"])),
        change=difference(row["score"], before),
    )


def _worst_first(check: Check) -> tuple[int, float, str]:
    return words.STATUS_ORDER.index(check.status), -check.points, check.check_id


def _grade_kind(grade: str | None) -> str:
    return {"A": "pass", "B": "pass", "C": "warn", "D": "warn", "F": "fail"}.get(
        grade or "", "none"
    )


# --- the minute at the top ----------------------------------------------------------------------


def build_summary(evidence: Evidence, checks: dict[str, Check], datasets: Sequence[str]) -> Summary:
    """Return grade, changes, money and the three dearest fixes."""
    overall = {row["run_id"]: row for row in evidence.scores if row["surface"] == "overall"}
    now = overall.get(evidence.run_id, {})
    before = overall.get(evidence.previous_run_id, {}) if evidence.previous_run_id else {}
    lost = lost_points(now.get("points_lost"))
    counts = defaultdict(int)
    for check in checks.values():
        counts[check.status] += 1
    history = [row["score"] for row in reversed(evidence.score_history)]
    return Summary(
        grade=now.get("grade"),
        score=now.get("score"),
        coverage=now.get("coverage") or 0.0,
        cap_reason=now.get("cap_reason"),
        uncapped_grade=grade_of(now.get("score")),
        change=difference(now.get("score"), before.get("score")),
        counts=dict(counts),
        changes=build_changes(checks),
        without_verdict_now=_without_verdict_now(checks),
        fixes=_fixes(lost, checks),
        risk=build_risk(evidence, datasets),
        risk_last_day=build_risk(evidence, datasets, evidence.window_end),
        risk_day_before=build_risk(evidence, datasets, evidence.window_end - timedelta(days=1))
        if evidence.window_end > evidence.window_start
        else None,
        history=charts.sparkline(history, 100.0),
        history_text=_history_text(evidence.score_history),
    )


def _fixes(lost: Sequence[LostPoints], checks: dict[str, Check]) -> list[Fix]:
    return [Fix(checks[item.check_id], item.points) for item in lost if item.check_id in checks][:3]


def _history_text(history: Sequence[Row]) -> str:
    if len(history) < 2:
        return ""
    scores = [row["score"] for row in history]
    return (
        f"{len(history)} runs, between {figures.points(min(scores))} and "
        f"{figures.points(max(scores))} points"
    )


def build_changes(checks: dict[str, Check]) -> list[Change]:
    """Return the checks that began or ceased to warn or fail since the run before, worse first."""
    moved = [
        Change(
            title=check.title,
            check_id=check.check_id,
            before=words.STATUS_WORDS[check.previous_status],
            after=check.status_word,
            direction=_direction(check.previous_status, check.status),
        )
        for check in checks.values()
        if check.previous_status not in (None, check.status)
        and {check.previous_status, check.status} & {"warn", "fail"}
    ]
    order = ("worse", "better", "soft")
    return sorted(moved, key=lambda change: (order.index(change.direction), change.title))


def _direction(before: str, after: str) -> str:
    if after in ("insufficient_data", "unknown"):
        return "soft"
    return "worse" if BETTER[after] > BETTER[before] else "better"


def _without_verdict_now(checks: dict[str, Check]) -> int:
    """Return how many checks passed in the run before and have no verdict now."""
    return sum(
        check.previous_status == "pass" and check.status in ("insufficient_data", "unknown")
        for check in checks.values()
    )


def build_risk(evidence: Evidence, datasets: Sequence[str], on: date | None = None) -> Risk:
    """Return the money of lost and distorted events of the busiest dataset, each event once."""
    rows = [
        row
        for row in evidence.daily_risk
        if datasets and row["dataset_id"] == datasets[0] and (on is None or row["event_date"] == on)
    ]
    by_kind = {
        kind: [row for row in rows if words.verdict_words(row["status"]).risk == kind]
        for kind in ("lost", "distorted")
    }
    return Risk(
        lost=add_up((row["currency"], row["event_value"]) for row in by_kind["lost"]),
        distorted=add_up((row["currency"], row["event_value"]) for row in by_kind["distorted"]),
        lost_count=sum(row["event_count"] for row in by_kind["lost"]),
        distorted_count=sum(row["event_count"] for row in by_kind["distorted"]),
    )


# --- trends -------------------------------------------------------------------------------------


def build_trends(evidence: Evidence) -> list[Trend]:
    """Return one trend per event and dataset, conversions and busy events first."""
    bands = {row["check_id"]: row for row in evidence.thresholds}
    series = [
        list(rows)
        for _, rows in groupby(
            evidence.event_health, key=lambda row: (row["dataset_id"], row["canonical_event"])
        )
    ]
    series.sort(key=_series_order)
    return [_trend(rows, bands, evidence.window_end) for rows in series]


def _series_order(rows: list[Row]) -> tuple[int, int, str]:
    event = rows[0]["canonical_event"]
    rank = CONVERSIONS_FIRST.index(event) if event in CONVERSIONS_FIRST else len(CONVERSIONS_FIRST)
    return rank, -sum(row["client_count"] or 0 for row in rows), rows[0]["dataset_id"]


def _trend(rows: list[Row], bands: dict[str, Row], last: date) -> Trend:
    hit, dedup = bands["hit_ratio"], bands["dedup_rate"]
    first = min(rows[0]["event_date"], last - timedelta(days=6))
    ratios = [row["hit_ratio"] for row in rows if row["hit_ratio"] is not None]
    rates = [row["dedup_rate"] for row in rows if row["dedup_rate"] is not None]
    hit_high = max(1.3, min(2.0, max(ratios, default=0) * 1.05))
    dedup_low = max(0.0, min([0.6, *(rate - 0.05 for rate in rates)]))
    final = [row for row in rows if row["is_final"] and row["hit_ratio"] is not None]
    return Trend(
        canonical_event=rows[0]["canonical_event"],
        dataset_id=rows[0]["dataset_id"],
        hit_chart=charts.line_chart(
            [_point(row, "hit_ratio") for row in rows],
            [
                charts.Band(hit["pass_bound"], hit["upper_bound"], "pass"),
                charts.Band(hit["warn_bound"], hit["pass_bound"], "warn"),
            ],
            charts.Frame(first, last, 0.0, hit_high),
        ),
        dedup_chart=charts.line_chart(
            [_point(row, "dedup_rate") for row in rows],
            [
                charts.Band(dedup["pass_bound"], 1.0, "pass"),
                charts.Band(dedup["warn_bound"], dedup["pass_bound"], "warn"),
            ],
            charts.Frame(first, last, dedup_low, 1.0),
        ),
        first=first,
        hit_ticks=_ticks(
            [0, hit["warn_bound"], hit["pass_bound"], hit["upper_bound"]], 0, hit_high
        ),
        dedup_ticks=_ticks([dedup["warn_bound"], dedup["pass_bound"]], dedup_low, 1, is_share=True),
        last_final=final[-1] if final else None,
        rows=list(reversed(rows)),
        values=orjson.dumps(
            [
                [
                    row["event_date"].isoformat(),
                    _rounded(row["hit_ratio"]),
                    _rounded(row["dedup_rate"]),
                    int(bool(row["is_final"])),
                ]
                for row in rows
            ]
        ).decode(),
    )


def _ticks(
    values: Sequence[float], low: float, high: float, *, is_share: bool = False
) -> list[Tick]:
    return [
        Tick(
            f"{value:.0%}" if is_share else f"{value:g}",
            round((value - low) / (high - low) * 100, 1),
        )
        for value in values
    ]


def _point(row: Row, column: str) -> charts.Point:
    return charts.Point(
        row["event_date"],
        row[column],
        bool(row["is_final"]),
        row.get(f"{column}_low"),
        row.get(f"{column}_high"),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


# --- verdicts -----------------------------------------------------------------------------------


def busiest_datasets(evidence: Evidence) -> list[str]:
    """Return the datasets of the window, the one with most events first."""
    sizes: dict[str, int] = defaultdict(int)
    for row in evidence.verdicts:
        sizes[row["dataset_id"]] += row["event_count"]
    return sorted(sizes, key=lambda name: (-sizes[name], name))


def build_verdicts(evidence: Evidence, dataset_id: str) -> Verdicts:
    """Return the verdicts of one dataset, in the order of the words."""
    rows = [row for row in evidence.verdicts if row["dataset_id"] == dataset_id]
    details = grouped(
        (row for row in evidence.event_rows if row["dataset_id"] == dataset_id), "status"
    )
    total = sum(row["event_count"] for row in rows)
    by_status = grouped(rows, "status")
    order = [*words.VERDICTS, *sorted(set(by_status) - set(words.VERDICTS))]
    told = [
        _verdict(status, by_status[status], total, details.get(status, []))
        for status in order
        if status in by_status
    ]
    purchases = [row for row in rows if row["canonical_event"] == "purchase"]
    return Verdicts(
        dataset_id=dataset_id,
        event_count=total,
        purchase_count=sum(row["event_count"] for row in purchases),
        values=_values(purchases),
        rows=told,
        bar=charts.stacked_bar(
            [
                charts.Slice(
                    sum(row.event_count for row in told if _verdict_kind(row) == kind), kind
                )
                for kind in ("pass", "fail", "warn", "none")
            ]
        ),
        presence=_presence(purchases),
    )


def _verdict(status: str, rows: list[Row], total: int, details: list[Row]) -> VerdictRow:
    told = words.verdict_words(status)
    events = sum(row["event_count"] for row in rows)
    purchases = [row for row in rows if row["canonical_event"] == "purchase"]
    reasons: dict[str, int] = defaultdict(int)
    for row in rows:
        for reason in filter(None, (row["reasons"] or "").split(",")):
            reasons[reason] += row["event_count"]
    return VerdictRow(
        status=status,
        title=told.title,
        meaning=told.meaning,
        risk=told.risk,
        event_count=events,
        share=events / total,
        purchase_count=sum(row["event_count"] for row in purchases),
        values=_values(purchases),
        reasons=sorted(reasons.items(), key=lambda item: (-item[1], item[0])),
        rows=details,
    )


def _verdict_kind(row: VerdictRow) -> str:
    if row.risk == "lost":
        return "fail"
    if row.risk == "distorted":
        return "warn"
    return "pass" if row.status in ("matched", "matched_probable") else "none"


def _presence(purchases: list[Row]) -> list[Row]:
    combinations: dict[tuple[bool, bool, bool], list[Row]] = defaultdict(list)
    for row in purchases:
        combinations[bool(row["in_client"]), bool(row["in_server"]), bool(row["in_crm"])].append(
            row
        )
    return [
        {
            "in_client": client,
            "in_server": server,
            "in_crm": crm,
            "event_count": sum(row["event_count"] for row in rows),
            "values": _values(rows),
        }
        for (client, server, crm), rows in sorted(
            combinations.items(), key=lambda item: (-sum(item[0]), item[0]), reverse=False
        )
    ]


def _values(rows: Iterable[Row]) -> Totals:
    return add_up((row["currency"], row["event_value"]) for row in rows)


# --- consent, hashes, identity, runs ------------------------------------------------------------


def build_consent(evidence: Evidence) -> list[ConsentRow]:
    """Return one row per destination, most personal tier first."""
    tiers = {"marketing": 0, "analytics": 1, "necessary": 2}
    leaks = grouped(evidence.consent_leaks, "destination")
    rows = [_consent(row, leaks.get(row["destination"], [])) for row in evidence.consent_matrix]
    return sorted(rows, key=lambda row: (tiers.get(row.tier, 3), row.destination))


def _consent(row: Row, leaks: list[Row]) -> ConsentRow:
    reasons: dict[str, int] = defaultdict(int)
    for leak in leaks:
        for reason in filter(None, (leak["violation_reasons"] or "").split(",")):
            reasons[reason] += leak["delivery_count"]
    leaked = row["leaked_count"] + row["basis_mismatch_count"]
    return ConsentRow(
        destination=row["destination"] or "unknown",
        tier=row["required_tier"] or "none",
        sent_count=row["sent_count"] - leaked,
        kept_count=row["blocked_count"] - row["over_blocked_count"],
        leak_count=leaked,
        over_blocked_count=row["over_blocked_count"],
        missing_count=row["missing_decision_count"],
        leak_reasons=sorted(reasons.items(), key=lambda item: (-item[1], item[0])),
    )


def build_hashes(evidence: Evidence) -> list[HashRow]:
    """Return the match keys of purchases with what is wrong with them, strongest key first."""
    keys = [row for row in evidence.match_keys if row["canonical_event"] == "purchase"]
    by_key = grouped(keys, "match_key")
    faults: dict[str, list[Row]] = defaultdict(list)
    for finding in evidence.findings:
        if finding["check_id"] in HASH_CHECKS:
            faults[(finding["field_path"] or "").rpartition(".")[2].split("[")[0]].append(finding)
    compared = grouped(evidence.hash_forensics, "payload_key")
    meta = meta_coverage(evidence)
    return [
        _hash(key, rows, faults.get(key, []), compared.get(key, []), meta.get(key))
        for key, rows in by_key.items()
    ]


def meta_coverage(evidence: Evidence) -> dict[str, float]:
    """Return Meta's own coverage of Purchase per key, 0 to 1; datasets weigh as many events."""
    events = {
        (row["dataset_id"], row["match_key"]): row["event_count"]
        for row in evidence.match_keys
        if row["canonical_event"] == "purchase"
    }
    told = [
        row
        for row in evidence.meta_quality
        if row["metric"] == "match_key_coverage"
        and row["event_name"] == "Purchase"
        and row["value"] is not None
    ]
    coverage = {}
    for key, rows in grouped(told, "name").items():
        weights = [events.get((row["dataset_id"], key), 0) or 1 for row in rows]
        weighted = sum(row["value"] * weight for row, weight in zip(rows, weights, strict=True))
        coverage[key] = weighted / sum(weights) / 100
    return coverage


def _hash(
    key: str, rows: list[Row], faults: list[Row], compared: list[Row], at_meta: float | None
) -> HashRow:
    events = sum(row["event_count"] for row in rows)
    sent = sum(row["event_with_key_count"] for row in rows)
    defects: dict[str, int] = defaultdict(int)
    for fault in faults:
        defects[fault["defect"] or fault["check_id"]] += fault["occurrence_count"]
    wrong = sum(defects.values())
    return HashRow(
        key=key,
        label=rows[0]["label"],
        event_count=events,
        sent_count=sent,
        coverage=sent / events if events else 0.0,
        meta_coverage=at_meta,
        wrong_count=wrong,
        fitting_count=sum(row["event_count"] for row in compared if row["verdict"] == "matching"),
        compared_count=sum(row["event_count"] for row in compared),
        defects=[
            (words.defect_words(defect), count, words.DEFECT_FIXES.get(defect, ""))
            for defect, count in sorted(defects.items(), key=lambda item: (-item[1], item[0]))
        ],
        recoverable=sum(fault["entity_count"] for fault in faults),
        at_risk=add_up((fault["currency"], fault["value_at_risk"]) for fault in faults),
        bar=charts.stacked_bar(
            [
                charts.Slice(max(0, sent - wrong), "pass"),
                charts.Slice(min(wrong, sent), "fail"),
                charts.Slice(max(0, events - sent), "none"),
            ]
        ),
    )


def build_funnel(evidence: Evidence, dataset_id: str) -> list[Step]:
    """Return how far conversions of a dataset can be identified and matched."""
    rows = [row for row in evidence.identity_funnel if row["dataset_id"] == dataset_id]
    total = sum(row["event_count"] for row in rows)
    if not total:
        return []

    def step(title: str, meaning: str, holds: Callable[[Row], bool]) -> Step:
        size = sum(row["event_count"] for row in rows if holds(row))
        return Step(title, meaning, size, size / total, charts.share_bar(size / total))

    def matched(*methods: str) -> Callable[[Row], bool]:
        return lambda row: row["match_method"] in methods

    return [
        step("Conversions", "Reconciled purchases, leads and sign-ups.", lambda row: True),
        step("With an identity", "Tied to one journey by any identifier.",
             lambda row: row["has_canonical_id"]),
        step("Seen on both sides", "In the browser and on the server.",
             lambda row: row["in_client"] and row["in_server"]),
        step("Matched by event id", "The id Meta deduplicates by.", matched("event_id")),
        step("Matched by order id", "Same order, different or no event id.", matched("order_id")),
        step("Matched by journey", "Same journey and time only; probable.",
             matched("canonical_id")),
    ]  # fmt: skip


def build_forecast(evidence: Evidence) -> list[Forecast]:
    """Return what Meta will count per event and dataset, most counted too often first."""
    by_event: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in evidence.dedup_forecast:
        by_event[row["canonical_event"], row["dataset_id"]].append(row)
    counts = ("browser_count", "server_count", "expected_count", "true_count", "overcount")
    forecasts = [
        Forecast(
            canonical_event=event,
            dataset_id=dataset,
            **{name: sum(row[name] for row in rows) for name in counts},
            overcount_value=add_up(
                (row["currency"], row["overcount_value"] or None) for row in rows
            ),
        )
        for (event, dataset), rows in by_event.items()
    ]
    return sorted(forecasts, key=lambda row: (-row.overcount, row.canonical_event, row.dataset_id))


def build_runs(evidence: Evidence) -> list[RunRow]:
    """Return the newest runs with the duration of their steps."""
    longest = max((sum(s for _, s in _steps(row)) for row in evidence.runs), default=0) or 1
    runs = []
    for row in evidence.runs:
        steps = _steps(row)
        ended, started = row["ended_at"], row["started_at"]
        lasted = (ended - started).total_seconds() if ended and started else None
        runs.append(
            RunRow(
                run=row,
                seconds=lasted,
                steps=steps,
                bar=charts.share_bar(sum(seconds for _, seconds in steps) / longest),
            )
        )
    return runs


def _steps(row: Row) -> list[tuple[str, float]]:
    steps: list[dict[str, Any]] = orjson.loads(row["steps"]) if row["steps"] else []
    return [(step["name"], float(step["seconds"])) for step in steps]


# --- small helpers ------------------------------------------------------------------------------


def grouped(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    """Return rows by the value of a column, in their own order."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return dict(groups)


def add_up(amounts: Iterable[tuple[str | None, Any]]) -> Totals:
    """Return one total per currency, largest first; amounts without a value are left out."""
    totals: dict[str | None, Decimal] = defaultdict(Decimal)
    for currency, value in amounts:
        if value is not None:
            totals[currency] += Decimal(value)
    return sorted(totals.items(), key=lambda item: (-item[1], item[0] or ""))


def difference(now: float | None, before: float | None) -> float | None:
    """Return now - before, or None when either is missing."""
    return None if now is None or before is None else now - before
