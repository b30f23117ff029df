"""matchback run: the daily reconciliation."""

import shlex
from collections.abc import Sequence
from typing import Annotated

import typer

from matchback.build.dry_run import DryRun, dry_run
from matchback.commands.common import (
    DEFAULT_CONFIG,
    AsOfOption,
    ConfigOption,
    JsonOption,
    exits_with_code,
    open_project,
    print_json,
)
from matchback.core.errors import ExitCode
from matchback.core.printable import printable
from matchback.core.progress import Progress
from matchback.core.window import Window
from matchback.runs.dbt_ahead import dbt_started_ahead
from matchback.runs.result import RunResult, outcome_of, worst_exit_code


@exits_with_code
def run(
    date: Annotated[str | None, typer.Option(help="One day, in the property's zone.")] = None,
    start: Annotated[str | None, typer.Option(help="First day of a window.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of a window.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    by_day: Annotated[
        bool,
        typer.Option(
            "--by-day",
            help="One run a day; days that have had their own run are skipped (backfill).",
        ),
    ] = False,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild the history that models keep.")
    ] = False,
    dry: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Say what would be loaded, scanned and paid; load and build nothing.",
        ),
    ] = False,
    json_output: JsonOption = False,
) -> ExitCode:
    """Load, build, check, alert and report; default: yesterday and the lookback."""
    project = open_project(config, as_of)
    clock, settings = project.clock, project.settings
    window = Window.chosen(
        clock, project.config.zone, project.config.lookback_days, date, start, end
    )
    environment = settings.child_environment()
    progress = Progress(is_plain=settings.is_ci)
    if dry:
        planned = dry_run(project.config, window, clock, environment, full_refresh=full_refresh)
        return _report_plan(planned, progress, json_output)
    with dbt_started_ahead(project.config, environment):
        from matchback.flows.backfill import backfill
        from matchback.flows.reconcile import reconcile
        from matchback.prefect_api import followed

        if by_day:
            arguments = (config, window.start, window.end, clock.now, full_refresh)
            return _report_days(followed(backfill)(*arguments), progress, json_output)
        result = outcome_of(
            followed(reconcile), config, window.start, window.end, clock.now, full_refresh
        )
    if json_output:
        print_json(result.as_json())
    else:
        _summarise(result, progress)
    return result.exit_code


def _report_plan(planned: DryRun, progress: Progress, json_output: bool) -> ExitCode:
    """Print a dry run, dearest statement first; one above the cap is refused."""
    if json_output:
        print_json(planned.as_json())
    for load in planned.loads:
        dates = f", {load.first_date} to {load.last_date}" if load.first_date else ""
        progress.say(f"load {load.source}: {load.files} file(s), {load.bytes:,} bytes{dates}")
    for scan in sorted(planned.scans, key=lambda scan: -(scan.bytes or 0)):
        told = "not known" if scan.bytes is None else f"{scan.bytes:,} bytes"
        progress.say(f"scan {scan.name}: {told}{f' ({scan.reason})' if scan.reason else ''}")
    if planned.engine == "duckdb":
        progress.say("Scans cost nothing on DuckDB; nothing was loaded or built.")
        return ExitCode.HEALTHY
    untold = f", {len(planned.untold)} statement(s) not known" if planned.untold else ""
    progress.say(
        f"{planned.bytes:,} bytes, about {planned.price:,.4f} USD at {planned.price_per_tib} USD "
        f"per TiB{untold}; nothing was loaded or built."
    )
    if planned.refusal:
        progress.say(planned.refusal)
    return planned.exit_code


def _report_days(results: Sequence[RunResult], progress: Progress, json_output: bool) -> ExitCode:
    code = worst_exit_code(results)
    if json_output:
        status = "failing" if any(result.status == "failing" for result in results) else "healthy"
        days = [result.as_json() for result in results]
        print_json({"status": status, "exit_code": int(code), "days": days})
    for result in results:
        progress.say(f"{result.window}: {result.status}.")
    progress.say(f"{len(results)} day(s) run.")
    return code


def _summarise(result: RunResult, progress: Progress) -> None:
    """Say in a few lines what the run found, worst first."""
    for status in ("fail", "warn"):
        names = [check for check, found in result.checks.items() if found == status]
        if names:
            listed = ", ".join(
                f"{name} ({result.findings[name]})" if name in result.findings else name
                for name in names
            )
            progress.say(f"{status}: {listed}")
    passed = sum(found == "pass" for found in result.checks.values())
    grade = f"grade {result.grade}, " if result.grade else ""
    progress.say(
        f"{result.window}: {result.status}, {grade}{passed} of {len(result.checks)} checks pass."
    )
    if result.message:
        progress.say(result.message)
    if result.missing_order:
        order = shlex.quote(printable(result.missing_order))
        progress.say(f"Why does Meta not know it? matchback explain {order}")
    if result.report:
        progress.say(f"Report: {result.report}")
