"""The three-way verdict of every event, and the money behind each verdict."""

from collections import Counter
from collections.abc import Iterable
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
class VerdictRow:
    """One verdict: how many events, what share, and how much money stands behind it."""

    status: str
    told: words.VerdictWords
    event_count: int
    share: float
    purchase_count: int
    values: Totals
    reasons: list[tuple[str, int]]
    rows: list[Event]


@dataclass(frozen=True)
class Presence:
    """Purchases seen by the same of browser, server and CRM."""

    in_client: bool
    in_server: bool
    in_crm: bool
    event_count: int
    values: Totals


@dataclass(frozen=True)
class DatasetVerdicts:
    """The verdicts of one dataset; shares add up to 100 %."""

    dataset_id: str
    event_count: int
    purchase_count: int
    values: Totals
    rows: list[VerdictRow]
    bar: Markup
    presence: list[Presence]


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
    rows = [row for row in run.rows(VerdictCount, "verdicts") if row.dataset_id == dataset_id]
    events = grouped(
        (row for row in run.rows(Event, "event_rows") if row.dataset_id == dataset_id),
        lambda row: row.status,
    )
    total = _size(rows)
    by_status = grouped(rows, lambda row: row.status)
    order = [*words.VERDICTS, *sorted(by_status.keys() - words.VERDICTS.keys())]
    told = [
        _verdict(status, by_status[status], total, events.get(status, []))
        for status in order
        if status in by_status
    ]
    sizes = Counter[str]()
    for row in told:
        sizes[_kind(row)] += row.event_count
    purchases = _purchases(rows)
    return DatasetVerdicts(
        dataset_id=dataset_id,
        event_count=total,
        purchase_count=_size(purchases),
        values=_values(purchases),
        rows=told,
        bar=charts.stacked_bar(
            [charts.Slice(sizes[kind], kind) for kind in ("pass", "fail", "warn", "none")]
        ),
        presence=_presence(purchases),
    )


def _verdict(status: str, rows: list[VerdictCount], total: int, events: list[Event]) -> VerdictRow:
    purchases = _purchases(rows)
    return VerdictRow(
        status=status,
        told=words.verdict_words(status),
        event_count=_size(rows),
        share=_size(rows) / total,
        purchase_count=_size(purchases),
        values=_values(purchases),
        reasons=counted((name, row.event_count) for row in rows for name in listed(row.reasons)),
        rows=events,
    )


def _kind(row: VerdictRow) -> str:
    if row.told.risk == "lost":
        return "fail"
    if row.told.risk == "distorted":
        return "warn"
    return "pass" if row.status in ("matched", "matched_probable") else "none"


def _presence(purchases: list[VerdictCount]) -> list[Presence]:
    combinations = grouped(
        purchases, lambda row: (bool(row.in_client), bool(row.in_server), bool(row.in_crm))
    )
    return [
        Presence(*seen, event_count=_size(rows), values=_values(rows))
        for seen, rows in sorted(combinations.items(), key=lambda item: (-sum(item[0]), item[0]))
    ]


def _purchases(rows: list[VerdictCount]) -> list[VerdictCount]:
    return [row for row in rows if row.canonical_event == "purchase"]


def _size(rows: Iterable[VerdictCount]) -> int:
    return sum(row.event_count for row in rows)


def _values(rows: Iterable[VerdictCount]) -> Totals:
    return add_up((row.currency, row.event_value) for row in rows)
