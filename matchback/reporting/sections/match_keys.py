"""The customer-information keys of purchases: coverage, Meta's own figures, what is wrong."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from markupsafe import Markup

from matchback.quality.checks import checks_of_section
from matchback.reporting import charts, figures
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
class MatchKey:
    """One match key of purchases: how often sent, how often wrong, what it can still bring."""

    known: KeyCoverage
    event_count: int
    sent_count: int
    hashed_count: int | None
    meta_coverage: float | None
    faults: list[FindingCount]
    compared: list[ComparedHashes]

    @property
    def coverage(self) -> float:
        return self.sent_count / self.event_count if self.event_count else 0.0

    @property
    def index_points(self) -> float:
        return float(self.known.index_weight) * self.coverage

    @property
    def gain(self) -> float:
        return float(self.known.index_weight) * (1 - self.coverage)

    @property
    def in_form(self) -> str:
        if self.hashed_count is None or not self.sent_count:
            return ""
        return f"{figures.count(self.hashed_count)} of {figures.count(self.sent_count)}"

    @property
    def defects(self) -> list[tuple[str, int]]:
        return counted((one.defect or one.check_id, one.occurrence_count) for one in self.faults)

    @property
    def wrong_count(self) -> int:
        return sum(fault.occurrence_count for fault in self.faults)

    @property
    def fitting_count(self) -> int:
        return sum(row.event_count for row in self.compared if row.verdict == "matching")

    @property
    def compared_count(self) -> int:
        return sum(row.event_count for row in self.compared)

    @property
    def recoverable(self) -> int:
        return sum(fault.entity_count for fault in self.faults)

    @property
    def at_risk(self) -> Totals:
        return add_up((fault.currency, fault.value_at_risk) for fault in self.faults)

    @property
    def bar(self) -> Markup:
        sent, wrong = self.sent_count, self.wrong_count
        return charts.stacked_bar(
            [
                charts.Slice(max(0, sent - wrong), "pass"),
                charts.Slice(min(wrong, sent), "fail"),
                charts.Slice(max(0, self.event_count - sent), "none"),
            ]
        )


@dataclass(frozen=True)
class Roadmap:
    """The keys by what they can still bring, our index, and what Meta says."""

    plans: list[MatchKey]
    index: float | None
    meta_score: float | None
    meta_figures: list[tuple[str, MetaFigure]]

    @property
    def is_compared(self) -> bool:
        """Whether Meta's own coverage of any key is known."""
        return any(plan.meta_coverage is not None for plan in self.plans)


def build(run: ReportedRun) -> list[MatchKey] | None:
    """Return the match keys of purchases with what is wrong with them, strongest key first."""
    shown = {check.check_id for check in checks_of_section("hashes")}
    faults = grouped(
        (count for count in run.rows(FindingCount, "findings") if count.check_id in shown),
        lambda count: (count.field_path or "").rpartition(".")[2].split("[")[0],
    )
    compared = grouped(run.rows(ComparedHashes, "hash_forensics"), lambda row: row.payload_key)
    at_meta = run.view(meta_coverage)
    keys = []
    for key, rows in grouped(purchase_keys(run), lambda row: row.match_key).items():
        hashed = [row.hashed_count for row in rows if row.hashed_count is not None]
        keys.append(
            MatchKey(
                known=rows[0],
                event_count=sum(row.event_count for row in rows),
                sent_count=sum(row.event_with_key_count for row in rows),
                hashed_count=sum(hashed) if hashed else None,
                meta_coverage=at_meta.get(key),
                faults=faults.get(key, []),
                compared=compared.get(key, []),
            )
        )
    return keys or None


def roadmap(run: ReportedRun) -> Roadmap:
    """Return the match keys of purchases, most to gain first; effects are estimates."""
    keys = run.view(build) or []
    told = run.rows(MetaFigure, "meta_quality")
    scores = [
        row.value
        for row in told
        if row.metric == "match_quality" and row.event_name == "Purchase" and row.value is not None
    ]
    return Roadmap(
        plans=sorted(keys, key=lambda key: (-key.gain, key.known.rank)),
        index=sum(key.index_points for key in keys) if keys else None,
        meta_score=min(scores, default=None),
        meta_figures=[
            (META_FIGURES[row.metric], row) for row in told if row.metric in META_FIGURES
        ],
    )


def purchase_keys(run: ReportedRun) -> list[KeyCoverage]:
    """Return the coverage of each key of purchases, one row per dataset."""
    rows = run.rows(KeyCoverage, "match_keys")
    return [row for row in rows if row.canonical_event == "purchase"]


def meta_coverage(run: ReportedRun) -> dict[str, float]:
    """Return Meta's own coverage of Purchase per key, 0 to 1; datasets weigh as many events."""
    events = {(row.dataset_id, row.match_key): row.event_count for row in purchase_keys(run)}
    sums: dict[str, tuple[float, int]] = {}
    for row in run.rows(MetaFigure, "meta_quality"):
        is_told = row.metric == "match_key_coverage" and row.event_name == "Purchase"
        if is_told and row.value is not None:
            weight = events.get((row.dataset_id, row.name), 0) or 1
            weighted, weights = sums.get(row.name, (0.0, 0))
            sums[row.name] = (weighted + row.value * weight, weights + weight)
    return {key: weighted / weights / 100 for key, (weighted, weights) in sums.items()}
