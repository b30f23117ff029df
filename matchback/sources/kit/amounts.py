"""Money as exports write it: one reading of the decimal sign per file and column.

`1.234` is one thousand in Berlin and a bit more than one in Boston. As with dates, a value that
only one reading allows proves it for its column; without proof the country's convention decides.
"""

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError

from matchback.sources.kit.errors import RowRejectedError

Sign = Literal[".", ","]

CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 16
SHARE_THAT_PROVES = 0.95

_MINUSES = str.maketrans(
    {"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{NON-BREAKING HYPHEN}": "-"}
)
_SPACES = " \t\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}"
_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}"
_GROUP_MARKS = _SPACES + _APOSTROPHES
_SYMBOL = rf"[^\w\s.,{_APOSTROPHES}()+\-]"
_CURRENCY = rf"(?:[^\W\d_]{{1,5}}\.?{_SYMBOL}?|{_SYMBOL}{{1,2}}[^\W\d_]{{0,3}})?"
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[+-])?\s*{_CURRENCY}\s*(?P<sign>[+-])?\s*"
    rf"(?P<digits>[.,]?\d(?:[\d.,{_GROUP_MARKS}]*\d)?)(?:[.,]-)?"
    rf"\s*(?P<after>-)?\s*{_CURRENCY}\s*(?P<last>-)?\s*(?P<close>\))?"
)
_GROUPED_BY_MARKS = re.compile(rf"\d{{1,3}}(?:[{_GROUP_MARKS}]\d{{3}})+(?:[.,]\d+)?")
_THOUSANDS = {
    ",": re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}"),
    ".": re.compile(r"\d{1,3}(?:\.\d{2,3})*\.\d{3}"),
}


@dataclass(frozen=True)
class AmountReading:
    """How the values of one column of one file are read; `decimal` None: proven both ways."""

    decimal: Sign | None

    def read(self, value: object, name: str = "value") -> Decimal | None:
        """Return money with two places, None for nothing; the row is rejected where it is none."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, bool):
            raise _no_amount(name)
        if not isinstance(value, str):
            return _rounded(str(value), is_negative=False, name=name)
        found = _taken_apart(value)
        if found is None:
            raise _no_amount(name)
        digits, is_negative = found
        signs = _decimal_signs(digits)
        if not signs:
            raise _no_amount(name)
        if len(signs) == 1:
            [decimal] = signs
            if self.decimal is not None and decimal != self.decimal and _says_a_sign(digits):
                raise RowRejectedError(
                    f"{name} has another decimal sign than the column's other amounts; "
                    "correct the row in the export"
                )
        elif self.decimal is None:
            raise RowRejectedError(
                f"{name} can be read as two amounts, and the column's other amounts prove both "
                "decimal signs; export amounts without grouping"
            )
        else:
            decimal = self.decimal
        grouping = "," if decimal == "." else "."
        plain = digits.replace(grouping, "").replace(decimal, ".")
        return _rounded(plain, is_negative=is_negative, name=name)


@dataclass
class AmountEvidence:
    """What the values of a column, seen one after the other, say of its decimal sign."""

    _proving: dict[Sign, int] = field(default_factory=lambda: {".": 0, ",": 0})

    def add(self, value: object) -> None:
        """Look at one value."""
        found = _taken_apart(value) if isinstance(value, str) else None
        if found is None or not _says_a_sign(found[0]):
            return
        signs = _decimal_signs(found[0])
        if len(signs) == 1:
            self._proving[signs[0]] += 1

    def reading(self, country: str) -> AmountReading:
        """Return the reading of the column: as proven, else as is usual."""
        proving = self._proving
        if not any(proving.values()):
            return AmountReading(usual_sign(country))
        best: Sign = "." if proving["."] >= proving[","] else ","
        is_clear = proving[best] >= SHARE_THAT_PROVES * sum(proving.values())
        return AmountReading(best if is_clear else None)


@lru_cache(maxsize=256)
def usual_sign(country: str) -> Sign:
    """Return the sign that a country writes before the cents."""
    try:
        symbols = Locale.parse(f"und_{country}").number_symbols
    except (UnknownLocaleError, ValueError):
        return "."
    return "," if symbols.get("latn", symbols).get("decimal") == "," else "."


def _taken_apart(value: str) -> tuple[str, bool] | None:
    """Return digits with their signs between, grouping marks off, and whether it is negative."""
    found = _AMOUNT.fullmatch(value.strip().translate(_MINUSES))
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    minuses = [found[name] for name in ("minus", "sign", "after", "last") if found[name]]
    if len(minuses) > 1 or (minuses and found["open"]):
        return None
    digits = found["digits"]
    if any(mark in digits for mark in _GROUP_MARKS):
        if not _GROUPED_BY_MARKS.fullmatch(digits):
            return None
        digits = "".join(sign for sign in digits if sign not in _GROUP_MARKS)
    return digits, bool(found["open"]) or minuses == ["-"]


def _says_a_sign(digits: str) -> bool:
    return "." in digits or "," in digits


def _decimal_signs(digits: str) -> tuple[Sign, ...]:
    """Return the signs that may stand before the cents: one, both, or none when it is no amount."""
    commas, points = digits.count(","), digits.count(".")
    if not commas and not points:
        return (".",)
    if commas and points:
        decimal: Sign = "," if digits.rfind(",") > digits.rfind(".") else "."
        grouping: Sign = "." if decimal == "," else ","
        whole, _, cents = digits.rpartition(decimal)
        is_whole = decimal not in whole and _THOUSANDS[grouping].fullmatch(whole)
        return (decimal,) if is_whole and cents.isdigit() else ()
    sign: Sign = "," if commas else "."
    other: Sign = "." if commas else ","
    if commas + points > 1:
        return (other,) if _THOUSANDS[sign].fullmatch(digits) else ()
    whole, _, after = digits.partition(sign)
    can_group = len(after) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    return (sign, other) if can_group else (sign,)


def _rounded(text: str, *, is_negative: bool, name: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _no_amount(name) from None
    if not number.is_finite() or abs(number) >= LARGEST:
        raise _no_amount(name)
    amount = number.quantize(CENT, ROUND_HALF_UP)
    return -amount if is_negative else amount


def _no_amount(name: str) -> RowRejectedError:
    return RowRejectedError(f"{name} is no amount; correct it in the export")
