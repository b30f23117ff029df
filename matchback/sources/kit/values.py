"""Single values as the sources write them."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from matchback.sources.kit.dates import EPOCH, compact
from matchback.sources.kit.errors import RowRejectedError

_YES = frozenset({"true", "1", "yes", "y", "granted", "t"})
_NO = frozenset({"false", "0", "no", "n", "denied", "f"})
_UNSET = frozenset({"", "null", "none", "unset", "unknown"})
_ZONE_SUFFIX = re.compile(r"\s*(?:UTC|GMT)$")
_SPACED_OFFSET = re.compile(r"\s+([+-]\d{2}:?\d{2})$")


def utc_moment(value: Any, zone: ZoneInfo | None = None) -> datetime | None:  # noqa: ANN401
    """Return a naive UTC timestamp, or None when the value is none.

    Numbers are YYYYMMDD[HHMM[SS]], or epoch seconds, milli-, micro- or nanoseconds by their size.
    Text without an offset is in `zone`, UTC without one; of a repeated hour it is the first.
    """
    if isinstance(value, str):
        return _moment_from_text(value.strip(), zone)
    if isinstance(value, datetime):
        return _to_utc(value, zone)
    if isinstance(value, date):
        return _to_utc(datetime(value.year, value.month, value.day), zone)  # noqa: DTZ001
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return _to_utc_if(compact(str(value)), zone) or _moment_from_epoch(float(value))


def required_moment(value: Any, name: str, zone: ZoneInfo | None = None) -> datetime:  # noqa: ANN401
    """Return a naive UTC timestamp; the row is rejected without one."""
    moment = utc_moment(value, zone)
    if moment is None:
        raise RowRejectedError(f"{name} is missing or no timestamp")
    return moment


def as_text(value: Any) -> str | None:  # noqa: ANN401
    """Return a value as the text a column holds: text as it is, else compact JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return str(int(value))
    if isinstance(value, bool | int | float | dict | list):
        return orjson.dumps(value).decode()
    return str(value)


def unwrapped_text(value: Any) -> str | None:  # noqa: ANN401
    """Return a value as text; JSON text that was written as text again is unwrapped."""
    text = as_text(value)
    while text is not None and text.startswith('"'):
        try:
            inner = orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
        text = as_text(inner)
    return text


def as_integer(value: Any) -> int | None:  # noqa: ANN401
    """Return a whole number, or None when the value is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        return int(text) if re.fullmatch(r"-?\d{1,18}", text) else None
    if isinstance(value, int):
        return value if abs(value) < 2**63 else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return int(value)
    return None


def choice(value: Any, name: str) -> bool | None:  # noqa: ANN401
    """Return a consent choice; None is no choice. The row is rejected when it is neither."""
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _YES:
        return True
    if text in _NO:
        return False
    if text in _UNSET:
        return None
    raise RowRejectedError(f"{name} is neither true, false nor null")


def is_true(value: Any) -> bool | None:  # noqa: ANN401
    """Return True for true, 1 and yes, None for nothing, else False."""
    if value is None or isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    return None if text == "" else text in _YES


def _moment_from_text(text: str, zone: ZoneInfo | None) -> datetime | None:
    if not text:
        return None
    if re.fullmatch(r"\d{8,19}(\.\d+)?", text):
        return _to_utc_if(compact(text), zone) or _moment_from_epoch(float(text))
    cleaned = _SPACED_OFFSET.sub(r"\1", _ZONE_SUFFIX.sub("Z", text))
    try:
        return _to_utc(datetime.fromisoformat(cleaned), zone)
    except (ValueError, OverflowError):
        return None


def _to_utc_if(moment: datetime | None, zone: ZoneInfo | None) -> datetime | None:
    return None if moment is None else _to_utc(moment, zone)


def _to_utc(moment: datetime, zone: ZoneInfo | None) -> datetime | None:
    if moment.tzinfo is None:
        if zone is None:
            return moment
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None


def _moment_from_epoch(number: float) -> datetime | None:
    size = abs(number)
    for bound, divisor in ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3)):
        if size >= bound:
            number /= divisor
            break
    try:
        return EPOCH + timedelta(seconds=number)
    except (OverflowError, ValueError):
        return None
