"""Landed rows that lie outside of a warehouse's tables, in files beside it."""

from pathlib import Path
from typing import Protocol

from matchback.warehouse.base import Parameters


class OutsideRows(Protocol):
    """A view of a table's rows and of files; the source that writes the files brings it."""

    @property
    def view(self) -> str:
        """Where the rows are read."""

    @property
    def table(self) -> str:
        """Where rows are written that go into no file."""

    @property
    def folder(self) -> Path:
        """Where the files lie."""

    def prepare(self) -> None:
        """Give what an older version made the names of today; tables are made after it."""

    def show(self, *, has_rows: bool | None = None) -> None:
        """Make the view anew; `has_rows` says that the table is about to get rows."""

    def let_go(self, where: str, parameters: Parameters) -> None:
        """Let files go, or move what stays of them into the table, before rows are deleted."""

    def sweep(self) -> None:
        """Remove the files that no transaction names."""

    def close(self) -> None:
        """Remove what this connection let go of."""
