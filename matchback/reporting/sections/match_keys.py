"""The customer-information keys of purchases: coverage, Meta's own figures, what is wrong."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from markupsafe import Markup

from matchback.quality.checks import checks_of_section
from matchback.reporting import charts, figures, words
from matchback.reporting.run import ReportedRun
from matchback.reporting.sections.checks import FindingCount
from matchback.reporting.totals import Totals, add_up, counted, grouped

META_FIGURES = {
    "match_quality": "event match quality, of 10",
    "event_coverage": "browser events that the server sent too, %",
    "dedup_browser": "browser events with the key, %",
    "dedup_server": "server events with the key, %",
    "dedup_overlap": "browser events deduplicated by the key, %",
}


@dataclass(frozen=True)
class KeyCoverage:
    """How often one key of one dataset and event was sent, and what is known of the key."""

    dataset_id: str
    canonical_event: str
    match_key: str
    label: str
    rank: int
    index_weight: Decimal
    expected_effect: str
    advice: str
    event_count: int
    event_with_key_count: int
    hashed_count: int | None


@dataclass(frozen=True)
class MetaFigure:
    """One figure of the newest fetch from the Dataset Quality API."""

    fetched_at: datetime
    dataset_id: str
    event_name: str
    metric: str
    name: str
    value: float | None
    goal: float | None
    potential_increase: float | None
    description: str | None


@dataclass(frozen=True)
class ComparedHashes:
    """Hashes of one key that were compared with the CRM."""

    payload_key: str
    verdict: str
    event_count: int


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
class KeyPlan:
    """One key of the match-quality roadmap."""

    key: str
    label: str
    rank: int
    coverage: float
    in_form: str
    meta_coverage: float | None
    gain: float
    expected_effect: str
    advice: str


@dataclass(frozen=True)
class Roadmap:
    """The keys by what they can still bring, our index, and what Meta says."""

    plans: list[KeyPlan]
    index: float | None
    meta_score: float | None
    meta_figures: list[tuple[str, MetaFigure]]

    @property
    def is_compared(self) -> bool:
        """Whether Meta's own coverage of any key is known."""
        return any(plan.meta_coverage is not None for plan in self.plans)


def build(run: ReportedRun) -> list[HashRow] | None:
    """Return the match keys of purchases with what is wrong with them, strongest key first."""
    shown = {check.check_id for check in checks_of_section("hashes")}
    faults = grouped(
        (count for count in run.rows(FindingCount, "findings") if count.check_id in shown),
        lambda count: (count.field_path or "").rpartition(".")[2].split("[")[0],
    )
    compared = grouped(run.rows(ComparedHashes, "hash_forensics"), lambda row: row.payload_key)
    at_meta = run.view(meta_coverage)
    keys = [
        _hash(key, rows, faults.get(key, []), compared.get(key, []), at_meta.get(key))
        for key, rows in run.view(purchase_keys).items()
    ]
    return keys or None


def roadmap(run: ReportedRun) -> Roadmap:
    """Return the match keys of purchases, most to gain first; effects are estimates."""
    keys, at_meta = run.view(purchase_keys), run.view(meta_coverage)
    told = run.rows(MetaFigure, "meta_quality")
    scores = [
        row.value
        for row in told
        if row.metric == "match_quality" and row.event_name == "Purchase" and row.value is not None
    ]
    plans = [_plan(key, rows, at_meta.get(key)) for key, rows in keys.items()]
    index = sum(float(rows[0].index_weight) * _coverage(rows) for rows in keys.values())
    return Roadmap(
        plans=sorted(plans, key=lambda plan: (-plan.gain, plan.rank)),
        index=index if keys else None,
        meta_score=min(scores, default=None),
        meta_figures=[
            (META_FIGURES[row.metric], row) for row in told if row.metric in META_FIGURES
        ],
    )


def purchase_keys(run: ReportedRun) -> dict[str, list[KeyCoverage]]:
    """Return the coverage of each key of purchases, one row per dataset."""
    rows = run.rows(KeyCoverage, "match_keys")
    return grouped(
        (row for row in rows if row.canonical_event == "purchase"), lambda row: row.match_key
    )


def meta_coverage(run: ReportedRun) -> dict[str, float]:
    """Return Meta's own coverage of Purchase per key, 0 to 1; datasets weigh as many events."""
    events = {
        (row.dataset_id, key): row.event_count
        for key, rows in run.view(purchase_keys).items()
        for row in rows
    }
    sums: dict[str, tuple[float, int]] = {}
    for row in run.rows(MetaFigure, "meta_quality"):
        is_told = row.metric == "match_key_coverage" and row.event_name == "Purchase"
        if is_told and row.value is not None:
            weight = events.get((row.dataset_id, row.name), 0) or 1
            weighted, weights = sums.get(row.name, (0.0, 0))
            sums[row.name] = (weighted + row.value * weight, weights + weight)
    return {key: weighted / weights / 100 for key, (weighted, weights) in sums.items()}


def _hash(
    key: str,
    rows: list[KeyCoverage],
    faults: list[FindingCount],
    compared: list[ComparedHashes],
    at_meta: float | None,
) -> HashRow:
    events, sent = _events(rows), _sent(rows)
    defects = counted((fault.defect or fault.check_id, fault.occurrence_count) for fault in faults)
    wrong = sum(count for _, count in defects)
    return HashRow(
        key=key,
        label=rows[0].label,
        event_count=events,
        sent_count=sent,
        coverage=_coverage(rows),
        meta_coverage=at_meta,
        wrong_count=wrong,
        fitting_count=sum(row.event_count for row in compared if row.verdict == "matching"),
        compared_count=sum(row.event_count for row in compared),
        defects=[
            (words.defect_words(defect), count, words.DEFECT_FIXES.get(defect, ""))
            for defect, count in defects
        ],
        recoverable=sum(fault.entity_count for fault in faults),
        at_risk=add_up((fault.currency, fault.value_at_risk) for fault in faults),
        bar=charts.stacked_bar(
            [
                charts.Slice(max(0, sent - wrong), "pass"),
                charts.Slice(min(wrong, sent), "fail"),
                charts.Slice(max(0, events - sent), "none"),
            ]
        ),
    )


def _plan(key: str, rows: list[KeyCoverage], at_meta: float | None) -> KeyPlan:
    sent, coverage, known = _sent(rows), _coverage(rows), rows[0]
    hashed = [row.hashed_count for row in rows if row.hashed_count is not None]
    return KeyPlan(
        key=key,
        label=known.label,
        rank=known.rank,
        coverage=coverage,
        in_form=f"{figures.count(sum(hashed))} of {figures.count(sent)}" if hashed and sent else "",
        meta_coverage=at_meta,
        gain=float(known.index_weight) * (1 - coverage),
        expected_effect=known.expected_effect,
        advice=known.advice,
    )


def _events(rows: list[KeyCoverage]) -> int:
    return sum(row.event_count for row in rows)


def _sent(rows: list[KeyCoverage]) -> int:
    return sum(row.event_with_key_count for row in rows)


def _coverage(rows: list[KeyCoverage]) -> float:
    return _sent(rows) / _events(rows) if _events(rows) else 0.0
