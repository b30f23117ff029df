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
    """What Meta will count of one event of one dataset, over all currencies."""

    canonical_event: str
    dataset_id: str
    browser_count: int
    server_count: int
    expected_count: int
    true_count: int
    overcount: int
    overcount_value: Totals


def build(run: ReportedRun) -> list[Forecast] | None:
    """Return what Meta will count per event and dataset, most counted too often first."""
    events = grouped(
        run.rows(Counted, "dedup_forecast"), lambda row: (row.canonical_event, row.dataset_id)
    )
    forecasts = [
        Forecast(
            canonical_event=event,
            dataset_id=dataset,
            browser_count=sum(row.browser_count for row in rows),
            server_count=sum(row.server_count for row in rows),
            expected_count=sum(row.expected_count for row in rows),
            true_count=sum(row.true_count for row in rows),
            overcount=sum(row.overcount for row in rows),
            overcount_value=add_up((row.currency, row.overcount_value or None) for row in rows),
        )
        for (event, dataset), rows in events.items()
    ]
    forecasts.sort(key=lambda row: (-row.overcount, row.canonical_event, row.dataset_id))
    return forecasts or None
