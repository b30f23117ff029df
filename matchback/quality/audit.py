"""The audit before publication: each boundary against what it promises."""

import logging
import threading
from collections.abc import Set as AbstractSet
from importlib import import_module
from pathlib import Path

from matchback.core.settings import turn_telemetry_off
from matchback.core.window import Window
from matchback.expectations.results import QualityReport, SuiteResult
from matchback.expectations.suites import Suite, all_suites
from matchback.expectations.thresholds import read_thresholds
from matchback.warehouse.base import Warehouse

__all__ = ["QualityReport", "preload", "validate"]

DOCS_FOLDER = Path("reports") / "data_docs"

# Two threads that import a library at once may find it half made.
IMPORTING = threading.Lock()

logger = logging.getLogger(__name__)


def preload() -> threading.Thread:
    """Import Great Expectations beside other work, such as a dbt process; costs seconds."""
    thread = threading.Thread(target=_import_quietly, name="preload-quality", daemon=True)
    thread.start()
    return thread


def validate(
    warehouse: Warehouse,
    run_id: str,
    window: Window,
    folder: Path,
    has: AbstractSet[str],
) -> QualityReport:
    """Hold the boundaries against their suites and write the Data Docs.

    `folder` is that of matchback.yml, `has` names the configured sources. Failures are returned,
    never raised; when `integrity_failures` is not empty the candidates must not be published.
    """
    turn_telemetry_off()
    with IMPORTING:
        from matchback.expectations.data_docs import write_data_docs
        from matchback.expectations.judging import Judge, new_context

    judge = Judge(new_context(), run_id)
    results = [
        _unconfigured(suite, has) or judge.check(suite, warehouse, window)
        for suite in all_suites(read_thresholds())
    ]
    skipped = QualityReport(results).skipped
    return QualityReport(results, write_data_docs(judge.context, folder / DOCS_FOLDER, skipped))


def _unconfigured(suite: Suite, has: AbstractSet[str]) -> SuiteResult | None:
    absent = sorted(suite.needs - has)
    if not absent:
        return None
    return SuiteResult(suite.name, skipped=f"{' and '.join(absent)} not configured")


def _import_quietly() -> None:
    """Import ahead; an error shows where the import is really needed."""
    turn_telemetry_off()
    with IMPORTING:
        try:
            import_module("matchback.expectations.judging")
            import_module("matchback.expectations.data_docs")
        except Exception as error:
            logger.debug("preload ended early (%s)", type(error).__name__)
