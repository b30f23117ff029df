"""The suites there are: what each reads, what it needs and what its failure means."""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from matchback.expectations.library import import_great_expectations
from matchback.expectations.results import Kind
from matchback.expectations.thresholds import Thresholds
from matchback.warehouse.base import Warehouse

if TYPE_CHECKING:
    import great_expectations as gx
    import pandas as pd

    from matchback.core.window import Window

# In the order of the data: landing, candidate tables, then what they say about tracking.
MODULES = (
    "sources.load_ledger",
    "sources.ga4_events",
    "sources.capi_deliveries",
    "sources.crm_orders",
    "sources.consent_log",
    "marts.published_columns",
    "marts.event_conservation",
    "marts.fct_reconciled_events",
    "marts.fct_deliveries",
    "marts.agg_event_health_daily",
    "marts.agg_event_health_segments",
    "marts.agg_dedup_forecast",
    "marts.fct_findings",
    "marts.fct_check_results",
    "marts.agg_health_score",
    "marts.dim_identities",
    "marts.fct_schema_drift",
    "marts.agg_consent_matrix",
    "marts.agg_hash_forensics",
    "marts.agg_match_key_coverage",
    "marts.agg_withdrawal_latency",
    "health.agg_event_health_daily",
    "health.fct_check_results",
)


@dataclass(frozen=True)
class Suite:
    """One module of sources/, marts/ or health/."""

    path: str
    module: ModuleType

    @property
    def kind(self) -> Kind:
        """Integrity failures block the publication, health failures are the product."""
        return "health" if self.path.startswith("health.") else "integrity"

    @property
    def relation(self) -> str:
        """The relation that the suite is about."""
        return self.module.RELATION

    @property
    def needs(self) -> frozenset[str]:
        """The sources without which there is nothing to check."""
        return self.module.NEEDS

    @property
    def needs_rows(self) -> bool:
        """Say whether a window without rows is a fault; elsewhere it may be a quiet one."""
        return self.module.NEEDS_ROWS

    def frame(self, warehouse: Warehouse, window: "Window") -> "pd.DataFrame":
        """Read the suite's small frame; source suites read the window, candidates are it."""
        if hasattr(self.module, "read_frame"):
            return self.module.read_frame(warehouse)
        is_windowed = self.path.startswith("sources.")
        dates = {"first_date": window.start, "last_date": window.end}
        return warehouse.frame(self.module.QUERY, dates if is_windowed else None)

    def expectations(self, thresholds: Thresholds) -> "gx.ExpectationSuite":
        """Return the Great Expectations suite."""
        return self.module.build_suite(thresholds)


def all_suites() -> list[Suite]:
    """Import and return every suite; imports Great Expectations."""
    import_great_expectations()
    return [Suite(path, import_module(f"matchback.expectations.{path}")) for path in MODULES]
