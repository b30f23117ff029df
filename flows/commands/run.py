"""matchback run: the daily reconciliation."""

from typing import Annotated

import typer

from flows.commands.common import (
    DEFAULT_CONFIG,
    AsOfOption,
    ConfigOption,
    JsonOption,
    exits_with_code,
    parse_as_of,
    print_json,
)
from flows.config import load_config
from flows.core.clock import Clock
from flows.core.window import Window
from flows.errors import ExitCode
from flows.progress import Progress
from flows.reconcile import RunResult, reconcile
from flows.settings import Settings


@exits_with_code
def run(
    date: Annotated[str | None, typer.Option(help="One day, in the property's zone.")] = None,
    start: Annotated[str | None, typer.Option(help="First day of a window.")] = None,
    end: Annotated[str | None, typer.Option(help="Last day of a window.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild the history that models keep.")
    ] = False,
    json_output: JsonOption = False,
) -> ExitCode:
    """Load, build, check, alert and report; default: yesterday and the lookback."""
    settings = Settings.from_environment()
    project = load_config(config, settings.environment)
    clock = Clock(parse_as_of(as_of))
    window = Window.chosen(clock, project.zone, project.lookback_days, date, start, end)
    progress = Progress(is_plain=settings.is_ci)
    result = reconcile(
        project, window, clock, settings.child_environment(), progress, full_refresh=full_refresh
    )
    if json_output:
        print_json(result.as_json())
    else:
        _summarise(result, progress)
    return result.exit_code


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
    if result.report:
        progress.say(f"Report: {result.report}")
