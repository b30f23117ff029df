"""What a report says about one run, read from the published tables in a few aggregated queries."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from matchback.core.errors import MatchbackError
from matchback.warehouse.base import Row, Warehouse, first

SQL_FOLDER = Path(__file__).parent / "sql"
HISTORY_DAYS = 90
INPUT_MARGIN_DAYS = 2
ROW_CAP = 20
PARAMETER = re.compile(r"\$(\w+)")


class ReportError(MatchbackError):
    """There is nothing published to report on."""


@dataclass(frozen=True)
class Evidence:
    """Rows behind a report; one field per file in sql/, whose first line gives the grain."""

    run_id: str
    previous_run_id: str | None
    window_start: date
    window_end: date
    previous_window_end: date | None
    scores: list[Row]
    score_history: list[Row]
    checks: list[Row]
    check_dimensions: list[Row]
    event_health: list[Row]
    segments: list[Row]
    verdicts: list[Row]
    daily_risk: list[Row]
    event_rows: list[Row]
    findings: list[Row]
    finding_rows: list[Row]
    consent_matrix: list[Row]
    consent_leaks: list[Row]
    withdrawals: list[Row]
    hash_forensics: list[Row]
    match_keys: list[Row]
    meta_quality: list[Row]
    identities: list[Row]
    identity_funnel: list[Row]
    drift: list[Row]
    dedup_forecast: list[Row]
    runs: list[Row]
    inputs: list[Row]
    test_events: list[Row]
    test_traffic: list[Row]
    thresholds: list[Row]
    contract_version: int | None


def collect(warehouse: Warehouse, run_id: str) -> Evidence:
    """Read the evidence of one run; ReportError when it published no check results."""
    run = first(query(warehouse, "run", {"run_id": run_id}))
    if run is None:
        raise ReportError(
            f"Run {run_id} published no check results, so there is nothing to report; "
            "run matchback run first."
        )
    end = run["window_end"]
    previous = first(query(warehouse, "previous_run", {"run_id": run_id, "window_end": end})) or {}
    parameters = {
        "run_id": run_id,
        "previous_run_id": previous.get("run_id") or run_id,
        "window_start": run["window_start"],
        "window_end": end,
        "history_start": end - timedelta(days=HISTORY_DAYS - 1),
        "inputs_start": run["window_start"] - timedelta(days=INPUT_MARGIN_DAYS),
        "inputs_end": end + timedelta(days=INPUT_MARGIN_DAYS),
        "row_cap": ROW_CAP,
    }
    version = first(query(warehouse, "contract_version", {})) or {}
    listed = {
        name: query(warehouse, name, parameters)
        for name, kind in Evidence.__annotations__.items()
        if kind == list[Row]
    }
    return Evidence(
        run_id=run_id,
        previous_run_id=previous.get("run_id"),
        window_start=run["window_start"],
        window_end=end,
        previous_window_end=previous.get("window_end"),
        contract_version=version.get("contract_version"),
        **listed,
    )


def query(warehouse: Warehouse, name: str, parameters: dict[str, Any]) -> list[Row]:
    """Run a file of sql/ with those parameters that it names."""
    sql = _read_sql(name)
    named = {key: parameters[key] for key in PARAMETER.findall(sql)}
    return warehouse.rows(sql, named or None)


@cache
def _read_sql(name: str) -> str:
    return (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
