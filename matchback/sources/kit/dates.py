"""Moments as people and programs write them: one reading of day and month per file and column.

`05/11/2026` says nothing about which number is the day. A column is looked at first: a value that
only one order allows proves it for all; without proof the country's convention decides, and the
column says so. A value that is read wrong is worse than one that is not read.
"""

import re
from calendar import month_abbr, month_name
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal, cast, get_args
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from matchback.sources.kit.errors import RowRejectedError

Order = Literal["dmy", "mdy", "ymd"]
Proof = Literal["given", "proven", "convention", "contradictory", "not needed"]

# A moment outside of these is a number that was taken for a date, or a typing error.
EARLIEST = datetime(2005, 1, 1)  # noqa: DTZ001 - warehouse times are naive UTC
AHEAD = timedelta(days=2)
AMBIGUOUS_DATES = "ambiguous_dates"
SHARE_THAT_PROVES = 0.95

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001
SPREADSHEET_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001
EPOCH_UNITS = (Decimal(1), Decimal(10) ** 3, Decimal(10) ** 6, Decimal(10) ** 9)
COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}

_HOUR = 3600
# Abbreviations that mean one offset wherever they are written; others are refused.
ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": _HOUR, "BST": _HOUR, "CET": _HOUR,
    "CEST": 2 * _HOUR, "MEZ": _HOUR, "MESZ": 2 * _HOUR, "EET": 2 * _HOUR, "EEST": 3 * _HOUR,
    "EST": -5 * _HOUR, "EDT": -4 * _HOUR, "CDT": -5 * _HOUR, "MST": -7 * _HOUR, "MDT": -6 * _HOUR,
    "CST": -6 * _HOUR, "PST": -8 * _HOUR, "PDT": -7 * _HOUR, "AEST": 10 * _HOUR,
    "AEDT": 11 * _HOUR, "NZST": 12 * _HOUR, "NZDT": 13 * _HOUR, "JST": 9 * _HOUR,
}  # fmt: skip

_MONTHS = {
    name.casefold(): number
    for names in (month_name, month_abbr)
    for number, name in enumerate(names)
    if name
} | {"sept": 9}
_NUMBER = re.compile(r"-?\d{1,19}(?:\.\d+)?")
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)(.*)", re.DOTALL)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?!\d)(.*)", re.DOTALL)
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_DAY_THEN_NAME = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[-\s./]+([A-Za-z]{3,9})\.?,?[-\s./]+(\d{4})(?!\d)(.*)", re.DOTALL
)
_NAME_THEN_DAY = re.compile(
    r"([A-Za-z]{3,9})\.?[-\s/]+(\d{1,2})(?:st|nd|rd|th)?,?[-\s/]+(\d{4})(?!\d)(.*)", re.DOTALL
)
_YEAR_THEN_NAME = re.compile(
    r"(\d{4})[-\s/]+([A-Za-z]{3,9})\.?[-\s/]+(\d{1,2})(?!\d)(.*)", re.DOTALL
)
_TIME = re.compile(
    r"[T,\s]*(?:at\s+)?"
    r"(?:(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|[A-Z]{3,5}|(?:UTC|GMT)?\s?[+-]\d{1,2}:?(?:\d{2})?(?::?00)?)?"
    r"\s*(?:\([A-Za-z /_+:0-9-]*\))?\s*"
)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+-])(\d{1,2}):?(\d{2})?")


@dataclass(frozen=True)
class Clocks:
    """What a local time means, and which moments are believed."""

    zone: ZoneInfo | None
    latest: datetime

    def to_utc(self, moment: datetime) -> datetime:
        """Return naive UTC; a local time is in the zone, of a repeated hour it is the first."""
        if moment.tzinfo is None:
            if self.zone is None:
                return moment
            moment = moment.replace(tzinfo=self.zone)
        return moment.astimezone(UTC).replace(tzinfo=None)

    def believes(self, moment: datetime) -> bool:
        """Say whether a moment can be one of an order or a reached stage."""
        return EARLIEST <= moment <= self.latest


@dataclass(frozen=True)
class DateReading:
    """How the values of one column of one file are read."""

    clocks: Clocks
    order: Order
    proof: Proof
    pattern: str | None = None

    @property
    def note(self) -> str | None:
        """What the ledger says of a column whose order nothing proves."""
        return AMBIGUOUS_DATES if self.proof == "convention" else None

    def read(self, value: object, name: str) -> datetime:
        """Return naive UTC; the row is rejected where the value is no believable moment."""
        moment = self._moment(value, name)
        if moment is None:
            raise RowRejectedError(
                f"{name} is no timestamp; correct it, or name sources.crm.date_format"
            )
        if not self.clocks.believes(moment):
            when = "lies in the future" if moment > self.clocks.latest else "is before 2005"
            raise RowRejectedError(f"{name} {when}; check the date and its format in the export")
        return moment

    def _moment(self, value: object, name: str) -> datetime | None:
        if isinstance(value, bool) or value is None:
            return None
        try:
            if isinstance(value, datetime):
                return self.clocks.to_utc(value)
            if isinstance(value, date):
                return self.clocks.to_utc(datetime(value.year, value.month, value.day))  # noqa: DTZ001
            text = str(value).strip()
            if self.pattern:
                return self.clocks.to_utc(datetime.strptime(text, self.pattern))  # noqa: DTZ007
            if _NUMBER.fullmatch(text):
                return _numeric(text, self.clocks)
            return self._written(text, name)
        except (ValueError, OverflowError):
            return None

    def _written(self, text: str, name: str) -> datetime | None:
        if text[:4].isdigit() and text[4:5] == "-":
            try:
                return self.clocks.to_utc(datetime.fromisoformat(text))
            except ValueError:
                pass
        text = _WEEKDAY.sub("", text, count=1) if text[:1].isalpha() else text
        dated = _year_first(text) or _named(text)
        if dated is None:
            found = _YEAR_LAST.fullmatch(text)
            if found is None:
                return self.clocks.to_utc(datetime.fromisoformat(text))
            dated = self._ordered(found, name)
        day, rest = dated
        return self.clocks.to_utc(_with_time(day, rest))

    def _ordered(self, found: re.Match[str], name: str) -> tuple[date, str]:
        allowed = ("ymd",) if self.order == "ymd" else _orders_of(found)
        if not allowed:
            raise ValueError("no order makes a date of it")
        if self.proof == "contradictory":
            if len(allowed) > 1:
                raise RowRejectedError(
                    f"{name} can be read as two dates, and the column's other dates prove both "
                    "orders; name sources.crm.date_format (dmy or mdy)"
                )
            return _date_of(found, allowed[0]), found[5]
        if self.order not in allowed:
            raise RowRejectedError(
                f"{name} does not fit the order {self.order} of the other dates; "
                "correct the row, or name sources.crm.date_format"
            )
        return _date_of(found, self.order), found[5]


@dataclass
class DateEvidence:
    """What the values of a column, seen one after the other, say of its order."""

    _proving: dict[Order, int] = field(default_factory=lambda: {"dmy": 0, "mdy": 0})
    _is_ambiguous: bool = False

    def add(self, value: object) -> None:
        """Look at one value."""
        if not isinstance(value, str):
            return
        found = _YEAR_LAST.fullmatch(_WEEKDAY.sub("", value.strip(), count=1))
        allowed = _orders_of(found) if found else ()
        if len(allowed) == 1:
            self._proving[allowed[0]] += 1
        elif allowed:
            self._is_ambiguous = True

    def reading(self, clocks: Clocks, country: str, date_format: str | None) -> DateReading:
        """Return the reading of the column: as named, as proven, else as is usual."""
        usual = usual_order(country)
        if date_format in get_args(Order):
            return DateReading(clocks, cast(Order, date_format), "given")
        if date_format:
            return DateReading(clocks, usual, "given", pattern=date_format)
        proving = self._proving
        if not any(proving.values()):
            return DateReading(clocks, usual, "convention" if self._is_ambiguous else "not needed")
        best: Order = "dmy" if proving["dmy"] >= proving["mdy"] else "mdy"
        is_clear = proving[best] >= SHARE_THAT_PROVES * sum(proving.values())
        return DateReading(clocks, best, "proven" if is_clear else "contradictory")


@lru_cache(maxsize=256)
def usual_order(country: str) -> Order:
    """Return whether day or month comes first where a country writes both as numbers."""
    try:
        locale = Locale.parse(f"und_{country}")
    except (UnknownLocaleError, ValueError):
        return "dmy"
    pattern = locale.date_formats["short"].pattern
    if pattern.startswith("y"):
        pattern = locale.date_formats["long"].pattern
    letters = re.sub(r"'[^']*'", "", pattern)
    return "dmy" if letters.find("d") < letters.find("M") else "mdy"


def _orders_of(found: re.Match[str]) -> tuple[Order, ...]:
    """Return the orders under which a date with its year last exists, ambiguous ones both."""
    orders: tuple[Order, ...] = ("dmy", "mdy")
    first, second = int(found[1]), int(found[3])
    if first == second:
        return ("dmy", "mdy") if _exists(found, "dmy") else ()
    return tuple(order for order in orders if _exists(found, order))


def _exists(found: re.Match[str], order: Order) -> bool:
    try:
        _date_of(found, order)
    except ValueError:
        return False
    return True


def _date_of(found: re.Match[str], order: Order) -> date:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    if order == "ymd":
        if len(found[4]) == 4:
            raise ValueError("the year stands last")
        return date(2000 + first, second, year)
    year = year if len(found[4]) == 4 else 2000 + year
    return date(year, second, first) if order == "dmy" else date(year, first, second)


def _year_first(text: str) -> tuple[date, str] | None:
    found = _YEAR_FIRST.fullmatch(text)
    return (date(int(found[1]), int(found[3]), int(found[4])), found[5]) if found else None


def _named(text: str) -> tuple[date, str] | None:
    if found := _DAY_THEN_NAME.fullmatch(text):
        return date(int(found[3]), _month(found[2]), int(found[1])), found[4]
    if found := _NAME_THEN_DAY.fullmatch(text):
        return date(int(found[3]), _month(found[1]), int(found[2])), found[4]
    if found := _YEAR_THEN_NAME.fullmatch(text):
        return date(int(found[1]), _month(found[2]), int(found[3])), found[4]
    return None


def _month(name: str) -> int:
    number = _MONTHS.get(name.casefold())
    if number is None:
        raise ValueError("no month of that name")
    return number


def _with_time(day: date, rest: str) -> datetime:
    """Return the date with the time and zone that follow it; ValueError for anything else."""
    found = _TIME.fullmatch(rest)
    if found is None or (found["half"] and not found["hour"]):
        raise ValueError("what follows the date is no time")
    hour = int(found["hour"] or 0)
    if found["hour"] and not found["minute"] and not found["half"]:
        raise ValueError("an hour alone is no time")
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of a half day")
        hour = hour % 12 + (12 if found["half"][0] in "pP" else 0)
    part = int((found["part"] or "0")[:6].ljust(6, "0"))
    moment = datetime(  # noqa: DTZ001 - the zone follows
        day.year, day.month, day.day, hour, int(found["minute"] or 0), int(found["second"] or 0),
        part,
    )  # fmt: skip
    if not found["zone"]:
        return moment
    return moment.replace(tzinfo=UTC) - _offset(found["zone"])


def _offset(zone: str) -> timedelta:
    if zone in ZONES:
        return timedelta(seconds=ZONES[zone])
    found = _OFFSET.match(zone)
    if found is None:
        raise ValueError("no zone that means one offset")
    size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if size > timedelta(hours=15):
        raise ValueError("no offset is as large")
    return size if found[1] == "+" else -size


def compact(text: str) -> datetime | None:
    """Return the moment that YYYYMMDD[HHMM[SS]] says; no epoch near ours has as many digits."""
    if len(text) not in COMPACT or not (text.isdigit() and "1990" <= text[:4] <= "2100"):
        return None
    try:
        return datetime.strptime(text, COMPACT[len(text)])  # noqa: DTZ007
    except ValueError:
        return None


def _numeric(text: str, clocks: Clocks) -> datetime | None:
    """Return the moment of a bare number: compact, an epoch or a spreadsheet's."""
    candidates: list[datetime] = []
    if text in ("", "0"):
        return None
    if written := compact(text):
        candidates.append(clocks.to_utc(written))
    number = Decimal(text)
    for unit in EPOCH_UNITS:
        seconds = number / unit
        if abs(seconds) < 10**11:
            candidates.append(EPOCH + timedelta(seconds=float(seconds)))
    if 0 < number < 100_000:
        local = SPREADSHEET_EPOCH + timedelta(days=float(number))
        candidates.append(clocks.to_utc(local.replace(microsecond=0)))
    believed = [moment for moment in candidates if clocks.believes(moment)]
    return believed[0] if believed else (candidates[0] if candidates else None)
