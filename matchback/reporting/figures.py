"""How figures are written for people: one form per kind, the same in every document."""

import math
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import unquote

NONE = "\u2013"
MINUS = "\u2212"
NARROW_SPACE = "\u202f"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
EMAIL = re.compile(r"[^\s@|/=&?<>\"']+@[^\s@|/=&?<>\"']+\.[A-Za-z]{2,}")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Number = int | float | Decimal


def count(value: Number | None) -> str:
    """Return a whole number with thin thousands separators."""
    return NONE if value is None else f"{round(value):,}".replace(",", NARROW_SPACE)


def decimal(value: Number | None, places: int = 2) -> str:
    """Return a number with fixed places."""
    known = _known(value)
    return NONE if known is None else f"{known:.{places}f}"


def percent(value: Number | None, places: int = 1) -> str:
    """Return a share of 1 as a percentage; below 100 % never reads as 100 %, above 0 never as 0."""
    known = _known(value)
    if known is None:
        return NONE
    scale = 10**places
    if 0 < known * 100 * scale < 0.5:
        return f"<{NARROW_SPACE}{1 / scale:.{places}f}{NARROW_SPACE}%"
    scaled = float(known) * 100 * scale
    cut = math.floor(scaled + 1e-9) if 0.5 < known < 1 else round(scaled)
    return f"{cut / scale:.{places}f}{NARROW_SPACE}%"


def money(value: Number | None, currency: str | None) -> str:
    """Return an amount with its currency, without cents from 1,000 on."""
    known = _known(value)
    if known is None:
        return NONE
    amount = f"{known:,.0f}" if abs(float(known)) >= 1000 else f"{known:,.2f}"
    symbol = SYMBOLS.get(currency or "", currency or "")
    return f"{symbol}{NARROW_SPACE}{amount.replace(',', NARROW_SPACE)}".strip()


def amounts(
    totals: Sequence[tuple[str | None, Number]], home: str | None = None, joint: str = " + "
) -> str:
    """Return amounts of several currencies, the property's own first, joined."""
    ordered = sorted(totals, key=lambda total: total[0] != home)
    return joint.join(money(value, currency) for currency, value in ordered) or NONE


def day(value: date | None) -> str:
    """Return a date like 21 Nov 2026."""
    return NONE if value is None else f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def short_day(value: date | None) -> str:
    """Return a date like 21 Nov."""
    return NONE if value is None else f"{value.day} {MONTHS[value.month - 1]}"


def span(first: date, last: date) -> str:
    """Return a window like 18 to 21 Nov 2026."""
    if first == last:
        return day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    return f"{short_day(first) if first.year == last.year else day(first)} to {day(last)}"


def moment(value: datetime | None) -> str:
    """Return a UTC time like 21 Nov 2026, 07:00:05 UTC."""
    return NONE if value is None else f"{day(value)}, {value:%H:%M:%S} UTC"


def seconds(value: Number | None) -> str:
    """Return a duration."""
    known = _known(value)
    if known is None:
        return NONE
    return f"{known / 60:.1f}{NARROW_SPACE}min" if known >= 90 else f"{known:.1f}{NARROW_SPACE}s"


def bytes_billed(value: int | None) -> str:
    """Return an amount of bytes in its largest decimal unit."""
    if not value:
        return NONE
    unit, size = next(
        (unit, size)
        for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3), ("B", 1))
        if value >= size
    )
    return f"{value / size:.1f}{NARROW_SPACE}{unit}"


def points(value: Number | None) -> str:
    """Return score points with one place, without a needless zero."""
    return NONE if value is None else f"{value:.1f}".removesuffix(".0")


def signed(value: Number | None) -> str:
    """Return a change with its sign; no change is ±0."""
    if value is None:
        return NONE
    text = points(abs(float(value)))
    return "±0" if text == "0" else f"{'+' if value > 0 else MINUS}{text}"


def gap(ours: float | None, theirs: float | None) -> str:
    """Return how many percentage points a share of theirs is above (+) or below ours."""
    if ours is None or theirs is None:
        return NONE
    return f"{signed(round((theirs - ours) * 100))}{NARROW_SPACE}pp"


def whole(count_of: int, singular: str, plural: str | None = None) -> str:
    """Return a count with its noun."""
    return f"{count(count_of)} {singular if count_of == 1 else plural or singular + 's'}"


def masked(text: str | None) -> str:
    """Return an identifier fit to be shown: e-mail addresses, encoded or not, are blotted out."""
    if not text:
        return ""
    decoded = unquote(unquote(text))
    return EMAIL.sub("[e-mail]", decoded if EMAIL.search(decoded) else text)


def entity(kind: str | None, identifier: str | None) -> str:
    """Return what to look up of an entity: the id alone, without the dataset before it."""
    text = masked(identifier)
    return text.split("|", 2)[-1] if kind == "server_event" else text


def _known(value: Number | None) -> Number | None:
    """Return a number, None for one that is none."""
    return None if isinstance(value, float) and math.isnan(value) else value
