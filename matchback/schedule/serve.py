"""The schedules: with a Prefect API its deployments, without one a plain loop; one run at a time.

Prefect runs each flow in a process of its own. The plain loop does the same with the console
commands, so that a run that dies takes no schedule with it.
"""

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from matchback.config import Config
from matchback.core.errors import ConfigError
from matchback.core.settings import Settings, turn_telemetry_off
from matchback.prefect_api import has_prefect_api
from matchback.project import Project

LONGEST_NAP_SECONDS = 30.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A flow on a cron line, and the console command that runs it."""

    flow_name: str
    command: tuple[str, ...]
    cron: str
    timezone: str


def planned_jobs(config: Config) -> list[Job]:
    """Return the daily reconciliation, the retention and the outbox drain."""
    schedule = config.schedule
    zone = schedule.timezone or config.property.timezone
    return [
        Job("reconcile", ("run",), schedule.cron, zone),
        Job("retention", ("retention", "--yes"), schedule.retention_cron, zone),
        Job("drain", ("alerts", "drain"), schedule.outbox_cron, zone),
    ]


def refuse_unusable(jobs: Sequence[Job]) -> None:
    """Raise ConfigError when a cron line is none, before anything is served."""
    turn_telemetry_off()
    now = datetime.now(UTC)
    for job in jobs:
        next_time(job, now)


def serve(project: Project, config_path: Path) -> None:
    """Run the schedules until stopped."""
    turn_telemetry_off()
    if has_prefect_api():
        serve_with_prefect(project, config_path)
    else:
        serve_plainly(planned_jobs(project.config), config_path)


def serve_with_prefect(project: Project, config_path: Path) -> None:
    """Register the deployments with the configured API and run what it schedules."""
    import prefect

    from matchback.schedule.deployments import deployments

    prefect.serve(*deployments(project, config_path), limit=1, print_starting_message=False)


def serve_plainly(
    jobs: Sequence[Job],
    config_path: Path,
    *,
    read_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
    run: Callable[[Sequence[str], Path], int] | None = None,
    rounds: int | None = None,
) -> None:
    """Run due jobs one after the other; a job that came due while another ran follows it once."""
    run = run or run_command
    due = {job: next_time(job, read_clock()) for job in jobs}
    while rounds is None or rounds > 0:
        job = min(due, key=lambda planned: due[planned])
        while (wait := (due[job] - read_clock()).total_seconds()) > 0:
            sleep(min(wait, LONGEST_NAP_SECONDS))  # short naps survive a suspended machine
        code = run(job.command, config_path)
        logger.info("%s ended with exit code %d.", job.flow_name, code)
        due[job] = next_time(job, read_clock())
        rounds = None if rounds is None else rounds - 1


def run_command(command: Sequence[str], config_path: Path) -> int:
    """Run one console command in a process of its own and return its exit code."""
    finished = subprocess.run(
        [sys.executable, "-m", "matchback", *command, "--config", str(config_path)],
        env=Settings.from_environment().child_environment(),
        check=False,
    )
    return finished.returncode


def next_time(job: Job, after: datetime) -> datetime:
    """Return the next time of a cron line in its zone, as Prefect would; needs no server."""
    from prefect.server.schemas.schedules import CronSchedule
    from pydantic import ValidationError

    try:
        schedule = CronSchedule(cron=job.cron, timezone=job.timezone)
        times = asyncio.run(schedule.get_dates(1, start=after + timedelta(seconds=1)))
    except ValidationError:
        times = []
    if not times:
        raise ConfigError(f"schedule: '{job.cron}' is no cron line; write it like 0 7 * * *.")
    return times[0].astimezone(UTC)
