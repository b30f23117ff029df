"""matchback watch: the dead-man's switch, for cron or a systemd timer."""

from datetime import timedelta
from typing import Annotated

import typer

from matchback.commands.common import (
    DEFAULT_CONFIG,
    AsOfOption,
    ConfigOption,
    JsonOption,
    exits_with_code,
    open_project,
    print_json,
    say,
)
from matchback.core.errors import ExitCode
from matchback.schedule.watch import watch as look


@exits_with_code
def watch(
    max_age_hours: Annotated[
        float | None,
        typer.Option(
            "--max-age-hours",
            min=0.01,
            help="Alert when the last completed run is older; default: alerts.no_run_after_hours.",
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_of: AsOfOption = None,
    json_output: JsonOption = False,
) -> ExitCode:
    """Alert when no run has succeeded in time."""
    project = open_project(config, as_of)
    max_age = timedelta(hours=max_age_hours) if max_age_hours else None
    report = look(project.config, project.clock, max_age)
    if json_output:
        print_json(
            {
                "status": "stale" if report.is_stale else "in_time",
                "exit_code": int(report.exit_code),
                "sentence": report.sentence,
                "last_success": report.last_success,
                "is_told": report.is_told,
            }
        )
    else:
        say(f"{'STALE' if report.is_stale else 'In time'}: {report.sentence}.")
    return report.exit_code
