"""The suites: one per boundary, each a list of promises over one small frame.

A query of queries/ counts, per promise, the rows that break it and the rows there are; Great
Expectations judges these counts. What tables promise inside is dbt's to test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matchback.expectations.results import Severity
from matchback.expectations.thresholds import Threshold, Thresholds
from matchback.warehouse.base import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from matchback.core.window import Window

QUERIES = Path(__file__).parent / "queries"
LOADED = "comes from a recorded load"


@dataclass(frozen=True)
class Promise:
    """A sentence about a boundary; its query counts in columns `name` and `population`."""

    name: str
    sentence: str
    severity: Severity = "critical"
    population: str = "row_count"
    needs_rows: bool = False


@dataclass(frozen=True)
class Suite:
    """The promises of one boundary, judged where every source it `needs` is configured.

    `counts_by_promise` says that the query has a row per promise already.
    """

    name: str
    promises: tuple[Promise, ...]
    needs: frozenset[str] = frozenset()
    counts_by_promise: bool = False

    @property
    def query(self) -> str:
        """The query of the frame (promise, broken_count, population), on both engines."""
        counts = (QUERIES / f"{self.name}.sql").read_text(encoding="utf-8")
        return counts if self.counts_by_promise else _by_promise(counts, self.promises)

    def frame(self, warehouse: Warehouse, window: "Window") -> "pd.DataFrame":
        """Count on the engine and return the small frame."""
        dates = {"first_date": window.start, "last_date": window.end}
        frame = warehouse.frame(self.query, dates if "$first_date" in self.query else None)
        return frame.astype({"broken_count": "Int64", "population": "Int64"})


def all_suites(thresholds: Thresholds) -> list[Suite]:
    """Return every suite in the order of the data: sources, conservation, tracking health."""
    return [*BOUNDARIES, Suite("health", tuple(_of_checks(thresholds)), counts_by_promise=True)]


def _by_promise(counts: str, promises: tuple[Promise, ...]) -> str:
    """Turn the one row of counts, read once, into a row per promise."""
    names = " union all ".join(f"select '{one.name}' as promise" for one in promises)
    broken = " ".join(f"when '{one.name}' then counts.{one.name}" for one in promises)
    whole = " ".join(f"when '{one.name}' then counts.{one.population}" for one in promises)
    return (
        f"with counts as (\n{counts}\n), promises as ({names})\n"
        f"select promises.promise, "
        f"coalesce(case promises.promise {broken} end, 0) as broken_count, "
        f"coalesce(case promises.promise {whole} end, 0) as population "
        "from promises cross join counts"
    )


def _of_checks(thresholds: Mapping[str, Threshold]) -> Iterator[Promise]:
    """Yield a promise per check of the seed; tracking health is published, so it only warns."""
    for one in thresholds.values():
        yield Promise(one.check_id, f"{one.check_id} passes: {_bound(one)}", severity="warning")


def _bound(one: Threshold) -> str:
    """Say which values of a check pass."""
    if one.kind == "zero":
        return "there is none"
    if one.kind == "share_at_most":
        return f"at most {one.pass_bound:g}"
    at_most = "" if one.upper_bound is None else f" and at most {one.upper_bound:g}"
    return f"at least {one.pass_bound:g}{at_most}"


BOUNDARIES = (
    Suite(
        "loads",
        (
            Promise("nameless", "Every load names its source", needs_rows=True),
            Promise("unbalanced", "Every row read of a file is loaded, quarantined or a duplicate"),
            Promise("negative", "No load counts fewer than no rows"),
            Promise("half_loaded", "A file that was refused has no row loaded"),
            Promise("undigested", "Every file that was loaded has a digest"),
            Promise("refused", "No file was refused", severity="warning"),
        ),
    ),
    Suite(
        "ga4",
        (
            Promise("unnamed", "Every GA4 row names its event"),
            Promise("untimed", "Every GA4 row has its time"),
            Promise("unknown_kind", "Every GA4 row is of a daily, fresh or intraday export"),
            Promise("repeated", "No GA4 row is landed twice"),
            Promise("unledgered", f"Every GA4 row {LOADED}"),
            Promise("other_date", "Every GA4 row is of its table's date", severity="warning"),
            Promise("misscaled", "Every GA4 time is in microseconds", severity="warning"),
        ),
        needs=frozenset({"ga4"}),
    ),
    Suite(
        "logs",
        (
            Promise("repeated", "No row of a delivery log is landed twice"),
            Promise("undated", "Every row of a delivery log has its time, console lines aside"),
            Promise("malformed", "Every row of a delivery log has the form of its format"),
            Promise("unledgered", f"Every row of a delivery log {LOADED}"),
            Promise("unparsable", "Every logged request has a JSON body", severity="warning"),
        ),
        needs=frozenset({"capi"}),
    ),
    Suite(
        "crm",
        (
            Promise("unidentified", "Every order has its id"),
            Promise("undated", "Every order has its time"),
            Promise("malformed_hash", "Every contact field is a digest"),
            Promise("incomplete_hash", "Every digest names its field and its form"),
            Promise("unledgered", f"Every order {LOADED}"),
            Promise(
                "value_without_currency", "Every order value has its currency", severity="warning"
            ),
        ),
        needs=frozenset({"crm"}),
    ),
    Suite(
        "consent",
        (
            Promise("undated", "Every consent decision has its time"),
            Promise("unledgered", f"Every consent decision {LOADED}"),
            Promise(
                "unknown_action", "Every decision gives, updates or withdraws", severity="warning"
            ),
            Promise("anonymous", "Every decision names who decided", severity="warning"),
        ),
        needs=frozenset({"consent"}),
    ),
    Suite(
        "conservation",
        (
            Promise(
                "client_verdict",
                "Every client event has exactly one verdict in each dataset",
                population="client_count",
            ),
            Promise(
                "server_verdict",
                "Every server event has exactly one verdict",
                population="server_count",
            ),
            Promise(
                "order_verdict",
                "Every order has exactly one verdict in each dataset",
                population="order_count",
            ),
            Promise(
                "candidate_verdict",
                "Every verdict is published as it was reconciled",
                population="verdict_count",
            ),
            Promise(
                "segment_total",
                "Every date, event and dataset has one row that its segments add up to",
                population="day_count",
            ),
        ),
        needs=frozenset({"ga4"}),
    ),
)
