"""The runs as ops.runs remembers them."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import orjson

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import ExitCode
from matchback.core.progress import Progress
from matchback.core.window import Window
from matchback.opening import has_warehouse, open_warehouse
from matchback.runs.result import RunResult
from matchback.warehouse.base import Warehouse, fetch

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CompletedDay:
    """A day that a completed run covered alone."""

    window_start: date


def begin(warehouse: Warehouse, result: RunResult, clock: Clock) -> None:
    """Enter the run; one that still counts as running was killed, since only one ever runs."""
    warehouse.execute(
        "update ops.runs set status = 'incomplete', exit_code = ?, message = ? "
        "where status = 'running'",
        [int(ExitCode.RUN_INCOMPLETE), "The process ended before the run did."],
    )
    warehouse.execute(
        "insert into ops.runs (run_id, started_at, window_start, window_end, status, stage) "
        "values (?, ?, ?, ?, 'running', 'load')",
        [result.run_id, _naive(clock), result.window.start, result.window.end],
    )


def record_published(warehouse: Warehouse, result: RunResult) -> None:
    """Enter the verdict; call it in the publishing transaction."""
    warehouse.execute(
        "update ops.runs set status = ?, exit_code = ?, stage = 'published' where run_id = ?",
        [result.status, int(result.exit_code), result.run_id],
    )


def conclude(warehouse: Warehouse, result: RunResult, clock: Clock, progress: Progress) -> None:
    """Record how the run ended; as_of may pretend its beginning, but not how long it took."""
    steps = [{"name": name, "seconds": seconds} for name, seconds in progress.seconds.items()]
    elapsed = timedelta(seconds=round(sum(progress.seconds.values()), 3))
    warehouse.execute(
        "update ops.runs set ended_at = ?, exit_code = ?, message = ?, stage = 'done', "
        "steps = ?, bytes_billed = ? where run_id = ?",
        [
            _naive(clock) + elapsed,
            int(result.exit_code),
            result.message,
            orjson.dumps(steps).decode(),
            result.bytes_billed + warehouse.bytes_billed,
            result.run_id,
        ],
    )


def record_incomplete(config: Config, result: RunResult, clock: Clock, step: str) -> None:
    """Leave a trace of a run that could not complete, and alert; a broken warehouse allows none."""
    from matchback.alerting.outbox import drain_outbox
    from matchback.alerting.plan import plan_incomplete
    from matchback.alerting.settings import alert_settings
    from matchback.build.publish import forget_plain_rows

    result.status = "incomplete"
    try:
        with open_warehouse(config) as warehouse:
            with warehouse.transaction():
                warehouse.execute(
                    "update ops.runs set status = 'incomplete', exit_code = ?, message = ?, "
                    "ended_at = ? where run_id = ?",
                    [int(ExitCode.RUN_INCOMPLETE), result.message, _naive(clock), result.run_id],
                )
                forget_plain_rows(warehouse)
                plan_incomplete(warehouse, result.run_id, step, alert_settings(config), clock)
            drain_outbox(warehouse, alert_settings(config), clock)
    except Exception as error:
        logger.warning(
            "The warehouse could not be told that the run is incomplete, and no alert was sent "
            "(%s); `matchback watch` notices that no run completes.",
            type(error).__name__,
        )


def days_to_run(config: Config, window: Window) -> list[date]:
    """Return the days of a window that no completed run has covered alone, oldest first."""
    done = completed_days(config)
    days = (
        window.start + timedelta(days=past) for past in range((window.end - window.start).days + 1)
    )
    return [day for day in days if day not in done]


def completed_days(config: Config) -> set[date]:
    """Return the days that a completed run covered alone."""
    if not has_warehouse(config):
        return set()
    with open_warehouse(config) as warehouse:
        warehouse.apply_ddl()
        days = fetch(
            warehouse,
            CompletedDay,
            "select distinct window_start from ops.runs "
            "where window_start = window_end and status in ('healthy', 'failing')",
        )
    return {day.window_start for day in days}


def _naive(clock: Clock) -> datetime:
    return clock.now.astimezone(UTC).replace(tzinfo=None)
