"""What Meta will count of each event, beside what really happened."""

from dataclasses import dataclass
from decimal import Decimal

from matchback.reporting.run import ReportedRun
from matchback.reporting.totals import Totals, add_up, grouped


@dataclass(frozen=True)
class Counted:
    """The forecast of one event, dataset and currency."""

    canonical_event: str
    dataset_id: str
    currency: str | None
    browser_count: int
    server_count: int
    expected_count: int
    true_count: int
    overcount: int
    overcount_value: Decimal | None


@dataclass(frozen=True)
class Forecast:
    """What Meta will count of one event of one dataset, one row per currency."""

    canonical_event: str
    dataset_id: str
    rows: list[Counted]

    def sum_of(self, name: str) -> int:
        """Return a count over all currencies."""
        return sum(getattr(row, name) for row in self.rows)

    @property
    def overcount_value(self) -> Totals:
        return add_up((row.currency, row.overcount_value or None) for row in self.rows)


def build(run: ReportedRun) -> list[Forecast] | None:
    """Return what Meta will count per event and dataset, most counted too often first."""
    rows = run.rows(Counted, "dedup_forecast")
    events = grouped(rows, lambda row: (row.canonical_event, row.dataset_id))
    forecasts = [Forecast(*event, own) for event, own in events.items()]
    forecasts.sort(key=lambda one: (-one.sum_of("overcount"), one.canonical_event, one.dataset_id))
    return forecasts or None
