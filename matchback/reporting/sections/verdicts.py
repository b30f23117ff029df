"""The three-way verdict of every event, and the money behind each verdict."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from markupsafe import Markup

from matchback.reporting import charts, words
from matchback.reporting.run import ReportedRun
from matchback.reporting.totals import Totals, add_up, counted, grouped, listed

DATASET_CAP = 4


@dataclass(frozen=True)
class VerdictCount:
    """Events of one dataset, event, verdict, presence and currency."""

    dataset_id: str
    canonical_event: str
    status: str
    reasons: str | None
    in_client: bool
    in_server: bool
    in_crm: bool
    currency: str | None
    event_count: int
    event_value: Decimal | None


@dataclass(frozen=True)
class Event:
    """One reconciled event whose verdict costs money."""

    status: str
    event_date: date
    canonical_event: str
    dataset_id: str
    order_id: str | None
    client_event_id: str | None
    server_event_id: str | None
    reasons: str | None
    event_value: Decimal | None
    currency: str | None


@dataclass(frozen=True)
class Events:
    """Counts of events that have something in common."""

    counts: list[VerdictCount]

    @property
    def size(self) -> int:
        return sum(count.event_count for count in self.counts)

    @property
    def totals(self) -> Totals:
        return add_up((count.currency, count.event_value) for count in self.counts)

    @property
    def purchases(self) -> "Events":
        return Events([count for count in self.counts if count.canonical_event == "purchase"])

    @property
    def reasons(self) -> list[tuple[str, int]]:
        return counted(
            (name, count.event_count) for count in self.counts for name in listed(count.reasons)
        )

    @property
    def by_presence(self) -> list[tuple[tuple[bool, bool, bool], "Events"]]:
        """Return them by who saw them: browser, server, CRM."""
        groups = grouped(
            self.counts, lambda one: (bool(one.in_client), bool(one.in_server), bool(one.in_crm))
        )
        ordered = sorted(groups.items(), key=lambda item: (-sum(item[0]), item[0]))
        return [(seen, Events(counts)) for seen, counts in ordered]


@dataclass(frozen=True)
class VerdictRow:
    """One verdict with its events, and those that cost most."""

    status: str
    told: words.VerdictWords
    events: Events
    rows: list[Event]

    @property
    def kind(self) -> str:
        """Return how it is coloured."""
        is_matched = self.status in ("matched", "matched_probable")
        return {"lost": "fail", "distorted": "warn"}.get(
            self.told.risk, "pass" if is_matched else "none"
        )


@dataclass(frozen=True)
class DatasetVerdicts:
    """The verdicts of one dataset; each event has one."""

    dataset_id: str
    events: Events
    rows: list[VerdictRow]

    @property
    def bar(self) -> Markup:
        sizes = Counter[str]()
        for row in self.rows:
            sizes[row.kind] += row.events.size
        return charts.stacked_bar(
            [charts.Slice(sizes[kind], kind) for kind in ("pass", "fail", "warn", "none")]
        )


@dataclass(frozen=True)
class Verdicts:
    """The busiest datasets, and how many more there are."""

    datasets: list[DatasetVerdicts]
    hidden_count: int


def build(run: ReportedRun) -> Verdicts | None:
    """Return the verdicts of the busiest datasets."""
    datasets = run.view(busiest_datasets)
    if not datasets:
        return None
    return Verdicts(
        datasets=[_verdicts(run, dataset) for dataset in datasets[:DATASET_CAP]],
        hidden_count=max(0, len(datasets) - DATASET_CAP),
    )


def busiest_datasets(run: ReportedRun) -> list[str]:
    """Return the datasets of the window, the one with most events first."""
    rows = run.rows(VerdictCount, "verdicts")
    return [name for name, _ in counted((row.dataset_id, row.event_count) for row in rows)]


def _verdicts(run: ReportedRun, dataset_id: str) -> DatasetVerdicts:
    """Return the verdicts of one dataset, in the order of the words."""
    counts = [row for row in run.rows(VerdictCount, "verdicts") if row.dataset_id == dataset_id]
    rows = grouped(
        (row for row in run.rows(Event, "event_rows") if row.dataset_id == dataset_id),
        lambda row: row.status,
    )
    by_status = grouped(counts, lambda row: row.status)
    order = [*words.VERDICTS, *sorted(by_status.keys() - words.VERDICTS.keys())]
    told = [
        VerdictRow(one, words.verdict_words(one), Events(by_status[one]), rows.get(one, []))
        for one in order
        if one in by_status
    ]
    return DatasetVerdicts(dataset_id, Events(counts), told)
