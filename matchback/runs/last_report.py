"""The pages of the last run, written anew when what they name has gone."""

from dataclasses import dataclass

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.reporting.report import write_report
from matchback.warehouse.base import Warehouse, fetch, first


@dataclass(frozen=True)
class LastRun:
    """The newest run that published check results."""

    run_id: str | None


def rewrite_last_report(warehouse: Warehouse, config: Config, clock: Clock) -> None:
    """Write the pages of the last run again, if there are any: they name events and orders."""
    last = first(
        fetch(warehouse, LastRun, "select max(run_id) as run_id from marts.fct_check_results")
    )
    if last and last.run_id and config.reports_folder.exists():
        write_report(warehouse, config, last.run_id, clock, config.reports_folder)
