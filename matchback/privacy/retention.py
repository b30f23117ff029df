"""What is older than the policy: references are anonymised, raw rows deleted, aggregates stay."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.sources.catalog import TABLES
from matchback.warehouse.base import RowCount, Warehouse, fetch
from matchback.warehouse.dialects import dialect_of
from matchback.warehouse.tables import DATE, Retention, Table


def retention(warehouse: Warehouse, config: Config, clock: Clock) -> dict[str, int]:
    """Apply the policy in one transaction; returns rows touched per table."""
    days: dict[Retention, int] = {
        "delivery_log": config.retention.delivery_log_days,
        "quarantine": config.retention.quarantine_days,
        "aggregate": 366 * config.retention.aggregates_years,
    }
    today = clock.today(config.zone)
    with warehouse.transaction():
        return {
            table.name: _age(
                warehouse, table, today - timedelta(days=days[table.retention]), config.zone
            )
            for table in TABLES
            if table.retention
        }


def _age(warehouse: Warehouse, table: Table, before: date, zone: tzinfo) -> int:
    is_old = f"{table.moment} < ?"
    # The check of the same policy counts days of the property, too.
    midnight = datetime.combine(before, time.min, zone).astimezone(UTC).replace(tzinfo=None)
    moment = before if table.types[table.moment or ""] == DATE else midnight
    if table.erasure != "anonymise":
        return _delete(warehouse, table.name, is_old, moment)
    references = [column.name for column in table.columns if column.blank == "empty"]
    keys = [column.name for column in table.columns if column.blank == "new_id"]
    left = " or ".join(f"{name} is not null" for name in references)
    where = f"{is_old} and ({left})"
    count = _count(warehouse, table.name, where, moment)
    new_id = dialect_of(warehouse).new_id
    blanks = [f"{name} = null" for name in references]
    blanks += [f"{name} = 'anonymised|' || {new_id}" for name in keys]
    warehouse.execute(f"update {table.name} set {', '.join(blanks)} where {where}", [moment])
    return count


def _delete(warehouse: Warehouse, name: str, where: str, before: date) -> int:
    count = _count(warehouse, name, where, before)
    warehouse.execute(f"delete from {name} where {where}", [before])
    return count


def _count(warehouse: Warehouse, name: str, where: str, before: date) -> int:
    [counted] = fetch(
        warehouse, RowCount, f"select count(*) as row_count from {name} where {where}", [before]
    )
    return counted.row_count
