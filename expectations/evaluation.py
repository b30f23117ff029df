"""Asks Great Expectations' own conditions and verdicts of a small frame, without its graph.

The library's validator copies each expectation a hundred times to build a graph of metrics twice:
over a few rows that is nearly all of its cost. A condition on rows is one metric, known beforehand,
and the verdict on its counts is the expectation's; only other expectations need a graph.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from great_expectations.core import ExpectationSuite
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    Expectation,
    MulticolumnMapExpectation,
)
from great_expectations.expectations.registry import get_metric_provider
from great_expectations.validator.metrics_calculator import MetricsCalculator

if TYPE_CHECKING:
    import pandas as pd

# Without values Great Expectations still counts.
RESULT_FORMAT = {"result_format": "BASIC", "exclude_unexpected_values": True}
ON_ROWS = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)


def evaluate(suite: ExpectationSuite, frame: "pd.DataFrame") -> list[ExpectationValidationResult]:
    """Return the answer of each expectation; one that cannot be evaluated says so in its answer."""
    engine = PandasExecutionEngine(batch_data_dict={"frame": frame})
    return list(_answers(suite, frame, engine))


def _answers(
    suite: ExpectationSuite, frame: "pd.DataFrame", engine: PandasExecutionEngine
) -> Iterator[ExpectationValidationResult]:
    for expectation in suite.expectations:
        is_on_rows = isinstance(expectation, ON_ROWS)
        try:
            answer = _count(expectation, frame, engine) if is_on_rows else _ask(expectation, engine)
        except Exception as error:
            answer = ExpectationValidationResult(
                success=False,
                expectation_config=expectation.configuration,
                exception_info={
                    "raised_exception": True,
                    "exception_message": type(error).__name__,
                },
            )
        yield answer


def _count(
    expectation: Expectation, frame: "pd.DataFrame", engine: PandasExecutionEngine
) -> ExpectationValidationResult:
    """Have each row judged by the library's condition and the counts by the expectation."""
    name = expectation.map_metric
    columns = {"table.columns": list(frame.columns)}
    judged = _compute(f"{name}.condition", expectation, engine, columns)
    unexpected_count = _compute(
        f"{name}.unexpected_count", expectation, engine, {"unexpected_condition": judged}
    )
    judged_count = len(judged[0])
    counts = {
        "table.row_count": len(frame),
        "column_values.nonnull.unexpected_count": len(frame) - judged_count,
        f"{name}.filtered_row_count": judged_count,
        f"{name}.unexpected_count": unexpected_count,
    }
    verdict = expectation._validate(counts, {"result_format": RESULT_FORMAT}, engine)
    return ExpectationValidationResult(**verdict, expectation_config=expectation.configuration)


def _compute(
    name: str, expectation: Expectation, engine: PandasExecutionEngine, needs: Mapping[str, Any]
) -> Any:  # noqa: ANN401 - each metric has its own
    """Return one metric of an expectation from what it depends on."""
    metric, compute = get_metric_provider(name, engine)
    return compute(
        cls=metric,
        execution_engine=engine,
        metric_domain_kwargs=_settings(expectation, metric.condition_domain_keys),
        metric_value_kwargs=_settings(expectation, metric.condition_value_keys),
        metrics=needs,
        runtime_configuration={},
    )


def _settings(expectation: Expectation, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: getattr(expectation, key) for key in keys if hasattr(expectation, key)}


def _ask(expectation: Expectation, engine: PandasExecutionEngine) -> ExpectationValidationResult:
    """Have the library compute what an expectation on a whole column or table depends on."""
    settings = {"result_format": RESULT_FORMAT}
    needs = expectation.get_validation_dependencies(engine, settings)
    metrics, _ = MetricsCalculator(engine).compute_metrics(needs.get_metric_configurations())
    return expectation.metrics_validate(metrics, settings, engine)
