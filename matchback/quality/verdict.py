"""What a published run says: the status and findings of each check, the grade, an example."""

from dataclasses import dataclass

from matchback.warehouse.base import Warehouse, fetch, first

WORST_FIRST = ("fail", "warn", "pass", "insufficient_data", "unknown")


@dataclass(frozen=True)
class CheckStatus:
    """A status that a check has in one of its rows."""

    check_id: str
    status: str


@dataclass(frozen=True)
class FindingCount:
    """How often what a check looks for was found."""

    check_id: str
    finding_count: int


@dataclass(frozen=True)
class Grade:
    """The letter of the overall score."""

    grade: str | None


@dataclass(frozen=True)
class MissingOrder:
    """An order that Meta does not know."""

    entity_id: str


def check_statuses(warehouse: Warehouse, run_id: str) -> dict[str, str]:
    """Return each check of a run with the worst status of its rows."""
    rows = fetch(
        warehouse,
        CheckStatus,
        "select distinct check_id, status from marts.fct_check_results where run_id = ?",
        [run_id],
    )
    worst: dict[str, str] = {}
    for row in sorted(rows, key=lambda row: (row.check_id, WORST_FIRST.index(row.status))):
        worst.setdefault(row.check_id, row.status)
    return worst


def finding_counts(warehouse: Warehouse, run_id: str) -> dict[str, int]:
    """Return the number of findings per check of a run."""
    rows = fetch(
        warehouse,
        FindingCount,
        "select check_id, sum(occurrences) as finding_count "
        "from marts.fct_findings where run_id = ? group by check_id order by check_id",
        [run_id],
    )
    return {row.check_id: row.finding_count for row in rows}


def grade(warehouse: Warehouse, run_id: str) -> str | None:
    """Return the letter of a run's overall score."""
    row = first(
        fetch(
            warehouse,
            Grade,
            "select grade from marts.agg_health_score where run_id = ? and surface = 'overall'",
            [run_id],
        )
    )
    return row.grade if row else None


def missing_order(warehouse: Warehouse, run_id: str) -> str | None:
    """Return the dearest order that Meta does not know, as an example to look at."""
    row = first(
        fetch(
            warehouse,
            MissingOrder,
            "select entity_id from marts.fct_findings "
            "where run_id = ? and check_id = 'crm_coverage_server' "
            "order by value_at_risk desc nulls last, entity_id limit 1",
            [run_id],
        )
    )
    return row.entity_id if row else None
