"""Expectations that several suites need, said once."""

from collections.abc import Iterator, Sequence

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from matchback.expectations.thresholds import Threshold

CRITICAL = "critical"
WARNING = "warning"


def has_rows() -> Expectation:
    """Require at least one row: every column rule passes on none."""
    return gxe.ExpectTableRowCountToBeBetween(min_value=1, severity=CRITICAL)


def is_grain(*columns: str) -> Expectation:
    """Require that the columns name each row once."""
    return gxe.ExpectCompoundColumnsToBeUnique(
        column_list=list(columns), ignore_row_if="never", severity=CRITICAL
    )


def one_of(column: str, values: Sequence[str], severity: str = CRITICAL) -> Expectation:
    """Require a closed vocabulary; nulls are another expectation's matter."""
    return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(values), severity=severity)


def not_null(column: str) -> Expectation:
    """Require a value in every row."""
    return gxe.ExpectColumnValuesToNotBeNull(column=column, severity=CRITICAL)


def none_of(column: str, severity: str = CRITICAL) -> Expectation:
    """Require that a count of offending things is zero in every row."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column, min_value=0, max_value=0, severity=severity
    )


def within(
    column: str, lowest: float | None, highest: float | None, severity: str = CRITICAL
) -> Expectation:
    """Require values between two bounds, both included."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column, min_value=lowest, max_value=highest, severity=severity
    )


def same(column: str, other: str) -> Expectation:
    """Require two columns to agree in every row; a missing side disagrees."""
    return gxe.ExpectColumnPairValuesToBeEqual(
        column_A=column, column_B=other, ignore_row_if="both_values_are_missing", severity=CRITICAL
    )


def not_below(column: str, other: str) -> Expectation:
    """Require a column to be at least another one; rows lacking either are passed over."""
    return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=column,
        column_B=other,
        or_equal=True,
        ignore_row_if="either_value_is_missing",
        severity=CRITICAL,
    )


def is_share(column: str) -> Expectation:
    """Require a share: 0 to 1, or null."""
    return within(column, 0, 1)


def adds_up_to(column: str, total: float) -> Expectation:
    """Require the column's sum, but for rounding."""
    return gxe.ExpectColumnSumToBeBetween(
        column=column, min_value=total - 1e-6, max_value=total + 1e-6, severity=CRITICAL
    )


def holds_all(column: str, values: Sequence[str]) -> Expectation:
    """Require every one of the values to occur."""
    return gxe.ExpectColumnDistinctValuesToContainSet(
        column=column, value_set=list(values), severity=CRITICAL
    )


def tolerances(
    column: str, threshold: Threshold, *, critical_column: str | None = None
) -> Iterator[Expectation]:
    """Yield the bounds of a check: pass as warning, warn as critical."""
    for severity, (lowest, highest) in _bounds(threshold).items():
        judged = critical_column if severity == CRITICAL and critical_column else column
        yield within(judged, lowest, highest, severity)


def _bounds(threshold: Threshold) -> dict[str, tuple[float | None, float | None]]:
    """Return the lowest and highest good value per severity; equal bounds are critical only."""
    if threshold.kind in ("share_at_most", "zero"):
        bounds = {WARNING: (None, threshold.pass_bound), CRITICAL: (None, threshold.warn_bound)}
    else:
        bounds = {
            WARNING: (threshold.pass_bound, threshold.upper_bound),
            CRITICAL: (threshold.warn_bound, None),
        }
    if threshold.kind == "at_least_or_warn":
        del bounds[CRITICAL]
    elif bounds[WARNING] == bounds[CRITICAL]:
        del bounds[WARNING]
    return bounds
