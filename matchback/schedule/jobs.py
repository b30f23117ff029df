"""What runs on a schedule: each flow with its cron line, and when it is due."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from matchback.config import Config
from matchback.core.errors import ConfigError
from matchback.core.settings import turn_telemetry_off


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
