"""Which dates a run reconciles."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from matchback.core.clock import Clock
from matchback.core.errors import ConfigError


@dataclass(frozen=True)
class Window:
    """Dates in the property's time zone, both ends included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ConfigError(
                f"The window ends on {self.end}, before it starts on {self.start}; swap them."
            )

    def __str__(self) -> str:
        return str(self.start) if self.start == self.end else f"{self.start} to {self.end}"

    @classmethod
    def lookback(cls, clock: Clock, timezone: ZoneInfo, days: int) -> "Window":
        """Return yesterday and the days before it that late data can still change."""
        yesterday = clock.yesterday(timezone)
        return cls(yesterday - timedelta(days=days), yesterday)

    @classmethod
    def chosen(
        cls,
        clock: Clock,
        timezone: ZoneInfo,
        lookback_days: int,
        day: str | None = None,
        start: str | None = None,
        end: str | None = None,
    ) -> "Window":
        """Return the window of the command line: one day, a span, or the default."""
        if day and (start or end):
            raise ConfigError("Give either --date or --start with --end, not both.")
        if day:
            return cls(parse_date(day, "--date"), parse_date(day, "--date"))
        if start and end:
            return cls(parse_date(start, "--start"), parse_date(end, "--end"))
        if start or end:
            raise ConfigError("--start and --end go together; for one day use --date.")
        return cls.lookback(clock, timezone, lookback_days)


def parse_date(text: str, where: str) -> date:
    """Read an ISO date of the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{where} '{text}' is no date; write it like 2026-11-14.") from None
