"""What a simulated world shall be: size, season, formats, leaks."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from matchback.core.errors import ConfigError

CAPI_FORMATS = (
    "gtms_bigquery",
    "gtms_console",
    "request_response",
    "dataflow_dlq",
    "gateway_audit",
)
GA4_FORMATS = ("parquet", "json", "json.gz", "avro")
DEFAULT_START = date(2026, 11, 9)
DAYS_UNTIL_TODAY = 8
MIXED = "mixed"


@dataclass(frozen=True)
class LeakRequest:
    """One `--leak NAME=RATE`; rate is a share of the eligible below 1, else a count."""

    name: str
    rate: float | None = None


@dataclass(frozen=True)
class WorldOptions:
    """Everything that decides a world; equal options give equal bytes."""

    days: int = 7
    events_per_day: int = 1600
    seed: int = 1
    start: date = DEFAULT_START
    formats: tuple[str, ...] = ("gtms_bigquery",)
    ga4_format: str = "parquet"
    intraday: bool = False
    today: date | None = None
    leaks: tuple[LeakRequest, ...] = ()
    timezone: str = "Europe/Berlin"
    dataset_id: str = "1234567890123456"
    scenario: str | None = field(default=None)

    def __post_init__(self) -> None:
        if not 1 <= self.days <= 1000:
            raise ConfigError(f"--days {self.days} is outside 1 to 1000; choose a smaller world.")
        if self.events_per_day < 100:
            raise ConfigError(
                f"--events-per-day {self.events_per_day} is too small to hold every event; "
                "use at least 100."
            )
        for chosen in self.formats:
            if chosen not in CAPI_FORMATS:
                raise ConfigError(
                    f"--format {chosen} is unknown; choose from {', '.join(CAPI_FORMATS)}."
                )
        if len(set(self.formats)) != len(self.formats) or not self.formats:
            raise ConfigError("--format needs each format once, and at least one.")
        if self.ga4_format not in GA4_FORMATS:
            raise ConfigError(
                f"--ga4-format {self.ga4_format} is unknown; choose from {', '.join(GA4_FORMATS)}."
            )

    @property
    def end(self) -> date:
        """Return the last date of the world."""
        return self.start + timedelta(days=self.days - 1)

    @property
    def dates(self) -> list[date]:
        """Return the dates of the world in order."""
        return [self.start + timedelta(days=offset) for offset in range(self.days)]

    @property
    def as_of_date(self) -> date:
        """Return the date a run shall pretend to be."""
        return self.today or self.end + timedelta(days=DAYS_UNTIL_TODAY)

    @property
    def zone(self) -> ZoneInfo:
        """Return the property's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def has_gateway(self) -> bool:
        """Return whether consent decisions of a gateway are logged."""
        return "gateway_audit" in self.formats

    @property
    def scenario_name(self) -> str:
        """Return the name that truth.json carries."""
        if self.scenario:
            return self.scenario
        return "+".join(leak.name for leak in self.leaks) or "clean"


DEMO = WorldOptions(
    days=4,
    events_per_day=1600,
    seed=7,
    scenario="demo",
    leaks=(
        LeakRequest("lost_server", 6),
        LeakRequest("value_defaulted", 4),
        LeakRequest("duplicate_server", 5),
        LeakRequest("event_id_mismatch", 6),
        LeakRequest("rejected_lost", 3),
        LeakRequest("ghost", 3),
        LeakRequest("plain_pii", 4),
        LeakRequest("hash_mismatch", 9),
        LeakRequest("param_added", 1),
    ),
)
PRESETS = {"demo": DEMO}


def parse_leak(text: str) -> LeakRequest:
    """Read `NAME` or `NAME=RATE`; raises ConfigError on a rate that is no positive number."""
    name, separator, rate = text.partition("=")
    if not separator:
        return LeakRequest(name)
    try:
        number = float(rate)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ConfigError(
            f"--leak {text}: the rate must be a share (0.05) or a count (5), for example {name}=5."
        )
    return LeakRequest(name, number)
