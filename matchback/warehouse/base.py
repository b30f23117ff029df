"""What the rest of matchback may ask of a warehouse, whichever engine is behind it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from matchback.warehouse.dialects import dialect_of
from matchback.warehouse.tables import Engine

if TYPE_CHECKING:
    import pandas as pd

# How DuckDB begins to say that a block of its file has the wrong checksum.
DAMAGED_BLOCK = "Corrupt database file"

Row = dict[str, Any]
Item = TypeVar("Item")
Parameters = Mapping[str, Any] | Sequence[Any] | None


class Warehouse(Protocol):
    """One open connection; use it as a context manager, one writer at a time."""

    engine: Engine
    bytes_billed: int

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def execute(self, sql: str, parameters: Parameters = None) -> None:
        """Run one statement."""

    def rows(self, sql: str, parameters: Parameters = None) -> list[Row]:
        """Run a query and return its rows as dictionaries; for small results."""

    def frame(self, sql: str, parameters: Parameters = None) -> "pd.DataFrame":
        """Run a query and return a small, windowed frame."""

    def delete_rows(self, table: str, where: str, parameters: Parameters = None) -> None:
        """Delete rows of a table, or of a landing relation wherever its rows lie."""

    def materialized(
        self, query: str, parameters: Mapping[str, Any]
    ) -> AbstractContextManager[tuple[str, Mapping[str, Any]]]:
        """Hold the rows of a query that is used more than once, as a relation with parameters."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit what the block did, or nothing of it."""

    def apply_ddl(self) -> None:
        """Create the schemas, and those of the warehouse's tables that do not exist yet."""

    def close(self) -> None:
        """Release the engine and its lock."""


class RowsInTables:
    """What a warehouse answers whose landed rows all lie in tables, and that holds no result."""

    def execute(self, sql: str, parameters: Parameters = None) -> None:
        raise NotImplementedError

    def delete_rows(self, table: str, where: str, parameters: Parameters = None) -> None:
        self.execute(f"delete from {table} where {where}", parameters)

    @contextmanager
    def materialized(
        self, query: str, parameters: Mapping[str, Any]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        yield f"({query})", parameters


@dataclass(frozen=True)
class RowCount:
    """The answer of a query that counts rows."""

    row_count: int


def tables_of(warehouse: Warehouse, schema: str) -> set[str]:
    """Return the tables of a schema as `schema.table`; views are none."""
    rows = warehouse.rows(dialect_of(warehouse).tables(schema))
    return {f"{schema}.{row['table_name']}" for row in rows}


def first(rows: list[Item]) -> Item | None:
    """Return the only row of a lookup, or None."""
    return rows[0] if rows else None


def fetch(
    warehouse: Warehouse, kind: Callable[..., Item], sql: str, parameters: Parameters = None
) -> list[Item]:
    """Return the rows of a query as objects of a class whose fields bear the columns' names."""
    return [kind(**row) for row in warehouse.rows(sql, parameters)]


def in_batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield slices of at most `size` items."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def damage_sentence(file_name: str) -> str:
    """Say what to do with a warehouse file that opens and has a damaged block."""
    return (
        f"The warehouse {file_name} is damaged inside; published tables are unchanged. Keep the "
        "file, put a backup in its place, then run again: the sources are read again."
    )
