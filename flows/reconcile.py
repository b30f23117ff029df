"""The daily job: load, scan, build, audit, publish, alert and report one window."""

from datetime import date, datetime
from pathlib import Path

from prefect import flow, task

from matchback.flows.replay import load_file
from matchback.prefect_api import followed, one_scheduled_run_at_a_time, run_page, show_on_page
from matchback.project import DEFAULT_CONFIG, Project
from matchback.runs import steps
from matchback.runs.dbt_ahead import take_dbt
from matchback.runs.result import AlertUndeliveredError, RunResult
from matchback.runs.run import Run

scan = task(name="scan for personal data", persist_result=False)(steps.scan)
build = task(name="dbt build", persist_result=False)(steps.build)
audit = task(name="great expectations", persist_result=False)(steps.audit)
publish = task(name="publish", persist_result=False)(steps.publish)
deliver_alerts = task(name="deliver alerts", persist_result=False)(steps.deliver_alerts)
write_report = task(name="write report", persist_result=False)(steps.write_report)


@flow(name="reconcile", persist_result=False)
def reconcile(
    config_path: Path = DEFAULT_CONFIG,
    start: date | None = None,
    end: date | None = None,
    as_of: datetime | None = None,
    full_refresh: bool = False,
) -> RunResult:
    """Reconcile one window; safe to run again. MatchbackError when the run could not complete."""
    project = Project.open(config_path, as_of)
    run = Run(project, project.window(start, end), is_full_refresh=full_refresh)
    with one_scheduled_run_at_a_time(project.warehouse_name), run.as_sole_writer():
        with take_dbt(run.config, run.environment) as dbt:
            with run.opened() as warehouse:
                steps.load(run, warehouse, followed(load_file))
                followed(scan)(run, warehouse)
                request = steps.plan_build(run, warehouse)
            followed(build)(run, dbt, request)
        followed(audit)(run)
        followed(publish)(run)
        followed(deliver_alerts)(run)
        followed(write_report)(run, run_page())
        show_on_page(run.result.summary, run.result.check_table)
    if run.result.undelivered:
        raise AlertUndeliveredError(run.result)
    return run.result
