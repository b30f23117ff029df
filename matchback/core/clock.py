"""The one clock: every reading of the present goes through here."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

FINAL_AFTER_DAYS = 4


class Clock:
    """The present, fixed for one command; `--as-of` sets it."""

    def __init__(self, as_of: datetime | None = None) -> None:
        self.now = (as_of or datetime.now(UTC)).astimezone(UTC)

    @property
    def furthest(self) -> datetime:
        """Return the machine's own present, or the clock's where that is later."""
        return max(self.now, datetime.now(UTC))

    def today(self, timezone: ZoneInfo) -> date:
        """Return the current date in a time zone."""
        return self.now.astimezone(timezone).date()

    def yesterday(self, timezone: ZoneInfo) -> date:
        """Return the last complete date in a time zone."""
        return self.today(timezone) - timedelta(days=1)

    def last_final_date(self, timezone: ZoneInfo) -> date:
        """Return the newest date that three full days have passed since."""
        return self.today(timezone) - timedelta(days=FINAL_AFTER_DAYS)
