"""What is older than the policy: references are anonymised, raw rows deleted, aggregates stay."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.privacy.registry import KEYS, TABLES, PersonalTable
from matchback.warehouse.base import Warehouse
from matchback.warehouse.dialects import dialect_of

AGGREGATES = (
    "marts.agg_consent_matrix",
    "marts.agg_dedup_forecast",
    "marts.agg_event_health_daily",
    "marts.agg_event_health_segments",
    "marts.agg_hash_forensics",
    "marts.agg_match_key_coverage",
)
DELIVERY_TABLES = ("landing.capi_", "marts.fct_deliveries", "marts.fct_reconciled_events")


def retention(warehouse: Warehouse, config: Config, clock: Clock) -> dict[str, int]:
    """Apply the policy in one transaction; returns rows touched per table."""
    today = clock.today(config.zone)
    deliveries_before = today - timedelta(days=config.retention.delivery_log_days)
    quarantine_before = today - timedelta(days=config.retention.quarantine_days)
    aggregates_before = today - timedelta(days=366 * config.retention.aggregates_years)
    touched = {}
    with warehouse.transaction():
        for table in TABLES:
            if table.name.startswith(DELIVERY_TABLES):
                touched[table.name] = _age(warehouse, table, deliveries_before, config.zone)
            elif table.name.startswith("quarantine."):
                touched[table.name] = _age(warehouse, table, quarantine_before, config.zone)
        for name in AGGREGATES:
            touched[name] = _delete(warehouse, name, "event_date < ?", aggregates_before)
    return touched


def _age(warehouse: Warehouse, table: PersonalTable, before: date, zone: tzinfo) -> int:
    if table.aged_by is None:
        return 0
    is_old = f"{table.aged_by} < ?"
    # The check of the same policy counts days of the property, too.
    midnight = datetime.combine(before, time.min, zone).astimezone(UTC).replace(tzinfo=None)
    moment = before if table.is_aged_by_date else midnight
    if table.action == "delete":
        return _delete(warehouse, table.name, is_old, moment)
    references = [name for name in table.blanked if name not in KEYS]
    keys = [name for name in table.blanked if name in KEYS]
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
    [row] = warehouse.rows(f"select count(*) as row_count from {name} where {where}", [before])
    return row["row_count"]
