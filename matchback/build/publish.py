"""Publication: the window's candidate rows replace their predecessors, all tables at once."""

from dataclasses import dataclass

from matchback.core.window import Window
from matchback.privacy.registry import PLAIN_WORK
from matchback.quality.checks import all_checks
from matchback.warehouse.base import Warehouse, fetch, tables_of
from matchback.warehouse.table_files import read_tables

CANDIDATES = "marts_next"
PUBLISHED = "marts"


@dataclass(frozen=True)
class RowCount:
    """The size of a table."""

    row_count: int


@dataclass(frozen=True)
class Replacement:
    """Which published rows of a table the candidate rows take the place of."""

    condition: str
    uses_window: bool = False


BY_DATE = Replacement("event_date between ? and ?", uses_window=True)
BY_RUN = Replacement(f"run_id in (select run_id from {CANDIDATES}.{{table}})")
STANDING_CHECKS = ", ".join(
    f"'{check.check_id}'" for check in all_checks().values() if check.is_standing
)
FINDINGS = Replacement(
    f"""event_date between ? and ?
    or check_id in ({STANDING_CHECKS})
    or exists (
        select 1 from {CANDIDATES}.{{table}} as candidate
        where candidate.check_id = {{table}}.check_id
            and candidate.entity_id = {{table}}.entity_id
            and candidate.field_path = {{table}}.field_path
            and candidate.defect = {{table}}.defect
            and candidate.event_date = {{table}}.event_date
    )""",
    uses_window=True,
)
IDENTIFIERS = Replacement(
    f"""exists (
        select 1 from {CANDIDATES}.{{table}} as candidate
        where candidate.identifier_type = {{table}}.identifier_type
            and candidate.identifier = {{table}}.identifier
    )"""
)
REPLACEMENTS = {
    "fct_check_results": BY_RUN,
    "agg_health_score": BY_RUN,
    "fct_findings": FINDINGS,
    "dim_identities": IDENTIFIERS,
}


def published_columns() -> dict[str, list[str]]:
    """Return the columns of each published table as sql/tables declares them."""
    return {table.short_name: list(table.types) for table in read_tables(PUBLISHED)}


def publish(warehouse: Warehouse, window: Window) -> dict[str, int]:
    """Replace the window in every published table; call it inside one transaction.

    Returns the number of rows written per table.
    """
    written = {}
    for table, columns in published_columns().items():
        replacement = REPLACEMENTS.get(table, BY_DATE)
        names = ", ".join(columns)
        warehouse.execute(
            f"delete from {PUBLISHED}.{table} where {replacement.condition.format(table=table)}",
            [window.start, window.end] if replacement.uses_window else None,
        )
        warehouse.execute(
            f"insert into {PUBLISHED}.{table} ({names}) select {names} from {CANDIDATES}.{table}"
        )
        [count] = fetch(
            warehouse, RowCount, f"select count(*) as row_count from {CANDIDATES}.{table}"
        )
        written[table] = count.row_count
    return written


def forget_plain_rows(warehouse: Warehouse) -> None:
    """Empty the working tables that hold what was sent: only landing and quarantine may keep it."""
    for name in sorted(tables_of(warehouse, "work") & set(PLAIN_WORK)):
        warehouse.execute(f"delete from {name} where true")
