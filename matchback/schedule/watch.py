"""Dead-man's switch: says so itself when no run has succeeded in time, whatever the reason.

Independent of Prefect and of the outbox: it reads the warehouse without writing, keeps its own
small memory beside it, and sends directly.
"""

import json
import logging
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from matchback.alerting import AlertSettings, alert_settings
from matchback.alerting.message import Line, build_message
from matchback.alerting.plan import spoken
from matchback.alerting.settings import DEFAULT_CHANNEL
from matchback.alerting.slack import Sender, make_sender
from matchback.alerting.states import NO_RECENT_RUN, Kind
from matchback.alerting.store import as_utc
from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import ExitCode, MatchbackError, WarehouseBusyError
from matchback.opening import lock_file_of, open_existing_warehouse
from matchback.warehouse.base import fetch
from matchback.warehouse.lease import is_held

MEMORY_FILE = "watch.json"
CLOCK_SKEW = timedelta(minutes=5)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Memory:
    """What the last watch knew; times are ISO texts in UTC."""

    last_success: str = ""
    stale_since: str = ""
    told_at: str = ""


@dataclass(frozen=True)
class LastSuccess:
    """When the newest completed run ended, as the warehouse writes it."""

    last_success: datetime | None


@dataclass(frozen=True)
class WatchReport:
    """What one watch found; `is_told` says that people know of it."""

    is_stale: bool
    sentence: str
    last_success: datetime | None
    is_told: bool

    @property
    def exit_code(self) -> ExitCode:
        """Stale is 1; stale (or over) and not delivered is 4."""
        if not self.is_told:
            return ExitCode.ALERT_UNDELIVERED
        return ExitCode.CHECK_FAILED if self.is_stale else ExitCode.HEALTHY


@dataclass(frozen=True)
class _Reading:
    """The last success as far as it can be known, and what is wrong with the warehouse."""

    last_success: datetime | None
    problem: str = ""
    is_fatal: bool = False


def watch(
    config: Config, clock: Clock, max_age: timedelta | None = None, sender: Sender | None = None
) -> WatchReport:
    """Alert when no run has completed within `max_age` (alerts.no_run_after_hours)."""
    settings = alert_settings(config)
    max_age = max_age or settings.no_run_after
    sender = sender or make_sender(settings)
    path = config.state_folder / MEMORY_FILE
    memory = _recall(path)
    reading = _read(config, clock, memory)
    in_time = reading.last_success is not None and clock.now - reading.last_success <= max_age
    is_stale = reading.is_fatal or not in_time
    sentence = _sentence(reading, clock.now)
    memory, is_told = _tell(is_stale, sentence, memory, settings, sender, clock.now)
    if reading.last_success:
        memory = replace(memory, last_success=reading.last_success.isoformat())
    _remember(path, memory)
    return WatchReport(is_stale, sentence, reading.last_success, is_told)


def _read(config: Config, clock: Clock, memory: Memory) -> _Reading:
    """Read the last success; nothing that a warehouse can do stops the watch.

    While it is in use, the last success that an earlier watch saw counts.
    """
    remembered = _parsed(memory.last_success)
    if is_held(lock_file_of(config)):
        # Opening the file now could get in the way of the run.
        return _Reading(remembered, "a run is in progress")
    try:
        with open_existing_warehouse(config, read_only=True) as warehouse:
            [last] = fetch(
                warehouse,
                LastSuccess,
                "select max(completed_at) as last_success from (select status, "
                "coalesce(ended_at, started_at) as completed_at from ops.runs) as runs "
                "where status in ('healthy', 'failing') and completed_at <= cast(? as timestamp)",
                [f"{clock.now + CLOCK_SKEW:%Y-%m-%d %H:%M:%S}"],
            )
        return _Reading(as_utc(last.last_success))
    except WarehouseBusyError:
        return _Reading(remembered, "the warehouse is in use")
    except MatchbackError as error:
        return _Reading(remembered, str(error).rstrip("."), is_fatal=True)
    except Exception as error:
        problem = f"the warehouse cannot be read ({type(error).__name__})"
        return _Reading(remembered, problem, is_fatal=True)


def _sentence(reading: _Reading, now: datetime) -> str:
    if reading.last_success is None:
        last = "no run is known to have completed"
    else:
        ago = spoken(now - reading.last_success)
        last = f"the last completed run ended {reading.last_success:%Y-%m-%d %H:%M} UTC, {ago} ago"
    return f"{reading.problem}; {last}" if reading.problem else last


def _tell(
    is_stale: bool,
    sentence: str,
    memory: Memory,
    settings: AlertSettings,
    sender: Sender | None,
    now: datetime,
) -> tuple[Memory, bool]:
    """Send what is new; an undelivered alert is no news told, so the next watch tries again."""
    kind = _kind(is_stale, memory, settings, now)
    stale_since = (memory.stale_since or now.isoformat()) if is_stale else ""
    if kind is None or sender is None:
        return replace(memory, stale_since=stale_since), True
    since = _parsed(memory.stale_since) or now
    line = Line(
        kind=kind,
        incident_id=f"watch-{since:%Y%m%dT%H%M}",
        severity="critical",
        check_id=NO_RECENT_RUN,
        dimension="all",
        evidence=sentence,
        lasted=spoken(now - since) if kind is Kind.RESOLVED else "",
    )
    receipt = sender.send(build_message([line]), DEFAULT_CHANNEL)
    if not receipt.is_delivered:
        logger.warning("The alert could not be delivered: %s.", receipt.reason)
        if kind is not Kind.RESOLVED:
            return replace(memory, stale_since=stale_since), False
        return memory, False
    told_at = now.isoformat() if is_stale else ""
    return replace(memory, stale_since=stale_since, told_at=told_at), True


def _kind(is_stale: bool, memory: Memory, settings: AlertSettings, now: datetime) -> Kind | None:
    told_at = _parsed(memory.told_at)
    if not is_stale:
        return Kind.RESOLVED if told_at else None
    if told_at is None:
        return Kind.OPENED
    remind_after = settings.policy.remind_after
    is_due = remind_after is not None and now - told_at >= remind_after
    return Kind.STILL_FAILING if is_due else None


def _recall(path: Path) -> Memory:
    """Read the memory; a damaged one is an empty one, so that it can only alert too much."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return Memory(**{name: str(stored[name]) for name in asdict(Memory()) if name in stored})
    except (OSError, ValueError, TypeError):
        return Memory()


def _remember(path: Path, memory: Memory) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(asdict(memory)), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        logger.warning("The watch could not keep its memory (%s).", type(error).__name__)


def _parsed(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
