"""Runs a suite over its frame with Great Expectations; no value of a row leaves it."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from matchback.expectations.results import (
    NOT_EVALUATED,
    NOT_READ,
    NOTHING_CHECKED,
    FailedExpectation,
    SuiteResult,
)
from matchback.expectations.suites import Suite
from matchback.expectations.thresholds import Thresholds
from matchback.warehouse.base import Warehouse

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult

    from matchback.core.window import Window

# What is kept of Great Expectations' answers is only this.
COUNTS = (
    "element_count",
    "missing_count",
    "missing_percent",
    "unexpected_count",
    "unexpected_percent",
    "unexpected_percent_nonmissing",
    "unexpected_percent_total",
)
MISSING = "partial_missing_list"
AGGREGATES = frozenset({"expect_table_row_count_to_be_between", "expect_column_sum_to_be_between"})


class Validator:
    """Holds the suites of one run against their frames."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id

    def check(
        self, suite: Suite, warehouse: Warehouse, window: "Window", thresholds: Thresholds
    ) -> "tuple[SuiteResult, ExpectationSuiteValidationResult | None]":
        """Read the frame of a suite and hold it against its expectations; never raises."""
        blank = SuiteResult(suite.path, suite.relation, suite.kind)
        try:
            frame = suite.frame(warehouse, window)
        except Exception as error:
            return _unread(blank, NOT_READ, error), None
        if frame.empty:
            return _without_rows(blank, suite), None
        try:
            with _only_our_words():
                answer = self._validate(suite, frame, thresholds)
        except Exception as error:
            return _unread(blank, NOT_EVALUATED, error), None
        return summarise(replace(blank, frame_row_count=len(frame)), answer), answer

    def _validate(
        self, suite: Suite, frame: "pd.DataFrame", thresholds: Thresholds
    ) -> "ExpectationSuiteValidationResult":
        from great_expectations.core import ExpectationSuiteValidationResult

        from matchback.expectations.evaluation import evaluate

        promised = suite.expectations(thresholds)
        answers = evaluate(promised, frame)
        for one in answers:
            _keep_counts_only(one)
        return ExpectationSuiteValidationResult(
            success=all(one.success for one in answers),
            results=answers,
            suite_name=promised.name,
            meta={"run_id": {"run_name": self._run_id}},
        )


def _without_rows(blank: SuiteResult, suite: Suite) -> SuiteResult:
    if suite.needs_rows:
        return replace(blank, failed=(FailedExpectation(NOTHING_CHECKED, None, "critical"),))
    return replace(blank, skipped="the window has no rows of it")


def summarise(blank: SuiteResult, answer: "ExpectationSuiteValidationResult") -> SuiteResult:
    """Return what was evaluated and what failed; a suite that checked nothing failed.

    Expectations that met no value are taken out of the answer: the library calls them successes.
    """
    evaluated = [one for one in answer.results if _looked_at_something(one)]
    idle = [one for one in answer.results if one.success and not _looked_at_something(one)]
    answer.results = [one for one in answer.results if not one.success or _looked_at_something(one)]
    failed = [_failure(one) for one in answer.results if not one.success]
    if all(_counts_rows(one) for one in evaluated):
        failed.append(FailedExpectation(NOTHING_CHECKED, None, "critical"))
    return replace(
        blank,
        evaluated=len(evaluated),
        failed=tuple(failed),
        unjudged=tuple(sorted({_columns(one) or "" for one in idle})),
    )


def _unread(blank: SuiteResult, what: str, error: Exception) -> SuiteResult:
    """Name an error by its type: its text may quote a row."""
    failure = FailedExpectation(what, None, "critical", reason=type(error).__name__)
    return replace(blank, failed=(failure,))


def _keep_counts_only(one: "ExpectationValidationResult") -> None:
    """Strip an answer of everything that could be, or quote, a value of a row."""
    raised = _exception_of(one)
    kept: dict[str, Any] = {
        name: (int if name.endswith("_count") else float)(one.result[name])
        for name in COUNTS
        if one.result.get(name) is not None
    }
    if one.expectation_config.type in AGGREGATES and not raised:
        kept["observed_value"] = float(one.result.get("observed_value") or 0)
    if one.result.get(MISSING):
        kept[MISSING] = list(one.result[MISSING])
    one.result = kept
    one.exception_info = {
        "raised_exception": raised,
        "exception_message": "could not be evaluated" if raised else None,
        "exception_traceback": None,
    }
    one.rendered_content = None


def _exception_of(one: "ExpectationValidationResult") -> bool:
    """Say whether an engine error stands behind an answer; it otherwise looks like bad data."""
    info: Mapping[str, Any] = one.exception_info or {}
    if "raised_exception" in info:
        return bool(info["raised_exception"])
    return any(isinstance(item, Mapping) and item.get("raised_exception") for item in info.values())


def _looked_at_something(one: "ExpectationValidationResult") -> bool:
    if one.exception_info["raised_exception"]:
        return False
    if "element_count" not in one.result:
        return True
    return one.result["element_count"] > one.result.get("missing_count", 0)


def _counts_rows(one: "ExpectationValidationResult") -> bool:
    return one.expectation_config.type == "expect_table_row_count_to_be_between"


def _columns(one: "ExpectationValidationResult") -> str | None:
    settings = one.expectation_config.kwargs
    columns = settings.get("column_list") or [
        settings[name] for name in ("column", "column_A", "column_B") if settings.get(name)
    ]
    return ", ".join(columns) or None


def _failure(one: "ExpectationValidationResult") -> FailedExpectation:
    raised = one.exception_info["raised_exception"]
    count = one.result.get("unexpected_count")
    return FailedExpectation(
        expectation=one.expectation_config.type,
        column=_columns(one),
        severity=str(getattr(one.expectation_config.severity, "value", "critical")),
        observed_count=None if count is None else int(count),
        missing=tuple(map(str, one.result.get(MISSING, ()))),
        reason=NOT_EVALUATED if raised else "",
    )


@contextmanager
def _only_our_words() -> Iterator[None]:
    """Silence the library's own log while it works: its lines may quote values."""
    logger = logging.getLogger("great_expectations")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
