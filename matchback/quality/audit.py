"""The audit before publication: landing and candidate tables against what they promise."""

import logging
import threading
from collections.abc import Set as AbstractSet
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from matchback.core.settings import turn_telemetry_off
from matchback.core.window import Window
from matchback.expectations.results import QualityReport, SuiteResult
from matchback.expectations.thresholds import read_thresholds
from matchback.warehouse.base import Warehouse

if TYPE_CHECKING:
    from matchback.expectations.suites import Suite

__all__ = ["QualityReport", "preload", "validate"]

DOCS_FOLDER = Path("reports") / "data_docs"

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
    """Hold landing and the candidates against their suites and write the Data Docs.

    `folder` is that of matchback.yml, `has` names the configured sources. Findings are returned,
    never raised; when `integrity_failures` is not empty the candidates must not be published.
    """
    turn_telemetry_off()
    from matchback.expectations.data_docs import DataDocs
    from matchback.expectations.suites import all_suites
    from matchback.expectations.validation import Validator

    thresholds = read_thresholds()
    validator = Validator(run_id)
    docs = DataDocs(folder / DOCS_FOLDER)
    results = []
    for suite in all_suites():
        result, answer = _unconfigured(suite, has), None
        if result is None:
            result, answer = validator.check(suite, warehouse, window, thresholds)
        docs.add(result, answer)
        results.append(result)
    return QualityReport(results, docs.write(run_id, window))


def _unconfigured(suite: "Suite", has: AbstractSet[str]) -> SuiteResult | None:
    absent = sorted(suite.needs - has)
    if not absent:
        return None
    reason = f"{' and '.join(absent)} not configured"
    return SuiteResult(suite.path, suite.relation, suite.kind, skipped=reason)


def _import_quietly() -> None:
    """Import ahead; an error shows where the import is really needed."""
    turn_telemetry_off()
    try:
        from matchback.expectations.data_docs import load_renderer
        from matchback.expectations.suites import all_suites

        all_suites()
        import_module("matchback.expectations.evaluation")
        load_renderer()
    except Exception as error:
        logger.debug("preload ended early (%s)", type(error).__name__)
