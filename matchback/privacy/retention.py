"""What is older than the policy: references are anonymised, raw rows deleted, aggregates stay."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.sources.catalog import TABLES
from matchback.warehouse.base import RowCount, Warehouse, fetch
from matchback.warehouse.dialects import dialect_of
from matchback.warehouse.tables import DATE, Retention, Table


@dataclass(frozen=True)
class _Overdue:
    """The rows of a table that are older than its policy, and not yet anonymised."""

    table: Table
    where: str
    before: date

    def count(self, warehouse: Warehouse) -> int:
        query = f"select count(*) as row_count from {self.table.name} where {self.where}"
        [counted] = fetch(warehouse, RowCount, query, [self.before])
        return counted.row_count


def overdue(warehouse: Warehouse, config: Config, clock: Clock) -> dict[str, int]:
    """Return how many rows of each table the policy would touch."""
    return {one.table.name: one.count(warehouse) for one in _overdue(config, clock)}


def retention(warehouse: Warehouse, config: Config, clock: Clock) -> dict[str, int]:
    """Apply the policy in one transaction; returns rows touched per table."""
    touched = {}
    with warehouse.transaction():
        for one in _overdue(config, clock):
            touched[one.table.name] = one.count(warehouse)
            _age(warehouse, one)
    return touched


def _overdue(config: Config, clock: Clock) -> Iterator[_Overdue]:
    days: dict[Retention, int] = {
        "delivery_log": config.retention.delivery_log_days,
        "quarantine": config.retention.quarantine_days,
        "aggregate": 366 * config.retention.aggregates_years,
    }
    today = clock.today(config.zone)
    for table in TABLES:
        if table.retention:
            before = today - timedelta(days=days[table.retention])
            # The check of the same policy counts days of the property, too.
            midnight = datetime.combine(before, time.min, config.zone)
            utc = midnight.astimezone(UTC).replace(tzinfo=None)
            is_dated = table.types[table.moment or ""] == DATE
            yield _Overdue(table, _is_old(table), before if is_dated else utc)


def _is_old(table: Table) -> str:
    is_old = f"{table.moment} < ?"
    if table.erasure != "anonymise":
        return is_old
    references = [column.name for column in table.columns if column.blank == "empty"]
    return f"{is_old} and ({' or '.join(f'{name} is not null' for name in references)})"


def _age(warehouse: Warehouse, one: _Overdue) -> None:
    table = one.table
    if table.erasure != "anonymise":
        warehouse.execute(f"delete from {table.name} where {one.where}", [one.before])
        return
    new_id = dialect_of(warehouse).new_id
    blanks = ", ".join(
        f"{column.name} = " + ("null" if column.blank == "empty" else f"'anonymised|' || {new_id}")
        for column in table.columns
        if column.blank
    )
    warehouse.execute(f"update {table.name} set {blanks} where {one.where}", [one.before])
