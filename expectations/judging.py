"""Has Great Expectations judge the counted promises and keeps its answers for the Data Docs.

Its frames hold names of promises and counts only, so no value of a row can reach an answer.
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import great_expectations as gx
import pandas as pd
from great_expectations import expectations as gxe
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity
from great_expectations.expectations.row_conditions import Column

from matchback.expectations.results import (
    NOT_JUDGED,
    NOT_READ,
    NOTHING_JUDGED,
    FailedPromise,
    SuiteResult,
)
from matchback.expectations.suites import Promise, Suite
from matchback.warehouse.base import Warehouse

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult
    from great_expectations.data_context import AbstractDataContext

    from matchback.core.window import Window

RESULT_FORMAT = {"result_format": "BASIC", "exclude_unexpected_values": True}
COLUMNS = ("promise", "broken_count", "population")
ALL_COUNTED = "all_counted"
COUNTED_ONCE = "counted_once"
NO_ROWS = "there are no rows"


def new_context() -> "AbstractDataContext":
    """Return a context of Great Expectations that lives in memory."""
    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )


@dataclass(frozen=True)
class Judge:
    """Judges the suites of one run; the context keeps what was answered."""

    context: "AbstractDataContext"
    run_id: str

    def check(self, suite: Suite, warehouse: Warehouse, window: "Window") -> SuiteResult:
        """Read the frame of a suite and have it judged; never raises."""
        try:
            frame = suite.frame(warehouse, window)
        except Exception as error:
            # Its text may quote a row.
            failure = FailedPromise(NOT_READ, reason=type(error).__name__)
            return SuiteResult(suite.name, failed=(failure,))
        if not any(one.needs_rows for one in suite.promises) and not frame["population"].any():
            return SuiteResult(suite.name, skipped="the window has no rows of it")
        return self.judge(suite, frame)

    def judge(self, suite: Suite, frame: pd.DataFrame) -> SuiteResult:
        """Hold a frame of counts against the promises of its suite; never raises."""
        try:
            with _only_our_words():
                answer = self._validate(suite, frame)
        except Exception as error:
            failure = FailedPromise(NOT_JUDGED, reason=type(error).__name__)
            return SuiteResult(suite.name, failed=(failure,))
        return _summary(suite, frame, answer)

    def _validate(self, suite: Suite, frame: pd.DataFrame) -> "ExpectationSuiteValidationResult":
        source = self.context.data_sources.add_or_update_pandas(suite.name)
        asset = source.add_dataframe_asset("promises")
        definition = gx.ValidationDefinition(
            name=suite.name,
            data=asset.add_batch_definition_whole_dataframe("counts"),
            suite=self.context.suites.add_or_update(
                gx.ExpectationSuite(name=suite.name, expectations=list(_expected(suite, frame)))
            ),
        )
        return self.context.validation_definitions.add_or_update(definition).run(
            batch_parameters={"dataframe": frame},
            result_format=RESULT_FORMAT,
            run_id=RunIdentifier(run_name=self.run_id),
        )


def _expected(suite: Suite, frame: pd.DataFrame) -> Iterator[Expectation]:
    """Yield what is expected of a frame; a promise that met no row is neither kept nor broken."""
    yield gxe.ExpectColumnDistinctValuesToEqualSet(
        column="promise",
        value_set=[one.name for one in suite.promises],
        description="Every promise of the suite is counted, and no other",
        meta={"promise": ALL_COUNTED},
        severity=FailureSeverity.CRITICAL,
    )
    yield gxe.ExpectColumnValuesToBeUnique(
        column="promise",
        description="Every promise is counted once",
        meta={"promise": COUNTED_ONCE},
        severity=FailureSeverity.CRITICAL,
    )
    quiet = _quiet(suite, frame)
    for one in suite.promises:
        if one.needs_rows:
            yield _most(one, "population", f"There are rows for: {one.sentence}", lowest=1)
        if one.name not in quiet:
            yield _most(one, "broken_count", one.sentence, highest=0)


def _most(
    promise: Promise,
    column: str,
    sentence: str,
    *,
    lowest: int | None = None,
    highest: int | None = None,
) -> Expectation:
    """Expect a count within bounds; a count that is not there is not within."""
    return gxe.ExpectColumnMaxToBeBetween(
        column=column,
        min_value=lowest,
        max_value=highest,
        row_condition=Column("promise") == promise.name,
        description=sentence + (" (warns only)" if promise.severity == "warning" else ""),
        meta={"promise": promise.name},
        severity=FailureSeverity(promise.severity),
    )


def _quiet(suite: Suite, frame: pd.DataFrame) -> frozenset[str]:
    """Return the promises that met no row and may."""
    may = {one.name for one in suite.promises if not one.needs_rows}
    return frozenset(frame.loc[frame["population"] == 0, "promise"]) & may


def _summary(
    suite: Suite, frame: pd.DataFrame, answer: "ExpectationSuiteValidationResult"
) -> SuiteResult:
    judged = {
        _promise(one)
        for one in answer.results
        if not _raised(one) and _promise(one) not in (ALL_COUNTED, COUNTED_ONCE)
    }
    counts = {
        str(row["promise"]): (int(row["broken_count"]), int(row["population"]))
        for row in frame.reindex(columns=list(COLUMNS)).dropna().to_dict("records")
    }
    failed = [_failure(one, counts) for one in answer.results if not one.success]
    if not judged:
        failed.append(FailedPromise(NOTHING_JUDGED))
    return SuiteResult(
        suite.name,
        evaluated=len(judged),
        failed=tuple(failed),
        unjudged=tuple(sorted(_quiet(suite, frame))),
    )


def _failure(
    one: "ExpectationValidationResult", counts: Mapping[str, tuple[int, int]]
) -> FailedPromise:
    promise = _promise(one)
    broken_count, population = counts.get(promise, (None, None))
    reason = NO_ROWS if population == 0 else ""
    config = one.expectation_config
    is_warning = config is not None and config.severity == FailureSeverity.WARNING
    return FailedPromise(
        promise,
        severity="warning" if is_warning else "critical",
        broken_count=broken_count,
        population=population,
        reason=NOT_JUDGED if _raised(one) else reason,
    )


def _promise(one: "ExpectationValidationResult") -> str:
    config = one.expectation_config
    return str(config.meta["promise"]) if config is not None else ""


def _raised(one: "ExpectationValidationResult") -> bool:
    """Say whether an engine error stands behind an answer; it otherwise looks like bad data."""
    info: Mapping[str, Any] = one.exception_info or {}
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(item, Mapping) and item.get("raised_exception") for item in info.values())


@contextmanager
def _only_our_words() -> Iterator[None]:
    """Silence the library's own log while it works."""
    logger = logging.getLogger("great_expectations")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
