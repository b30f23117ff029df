"""A small column store: what a world is made of while it is being generated."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
NOTHING = np.array(None, dtype=object)


def texts(values: list[Any]) -> Array:
    """Return a list as a column of objects; keeps None."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def only_where(condition: Array, values: object) -> Array:
    """Return the values where a condition holds, None elsewhere."""
    return np.where(condition, np.asarray(values), NOTHING)


def is_given(column: Array) -> Array:
    """Return where a column holds anything but None."""
    given: Array = column != NOTHING
    return given


class Table:
    """Columns of one length; rows are only appended, so that row numbers stay valid links."""

    def __init__(self, columns: Mapping[str, Array]) -> None:
        self._columns = dict(columns)

    def __getitem__(self, name: str) -> Array:
        return self._columns[name]

    def __setitem__(self, name: str, column: Array) -> None:
        self._columns[name] = column

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def row(self, index: int) -> dict[str, Any]:
        """Return one row by column name."""
        return {name: column[index] for name, column in self._columns.items()}

    def append(self, rows: list[dict[str, Any]]) -> list[int]:
        """Add complete rows and return their row numbers."""
        first = len(self)
        for name, column in self._columns.items():
            values = [row[name] for row in rows]
            added = texts(values) if column.dtype == object else np.array(values, column.dtype)
            self._columns[name] = np.concatenate([column, added])
        return list(range(first, first + len(rows)))

    def append_copy(self, index: int, **changes: Any) -> int:  # noqa: ANN401 - any column's value
        """Add a changed copy of a row and return its row number."""
        return self.append([self.row(index) | changes])[0]
