"""Names, street addresses and birth dates: personal only because their key says so."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date

from matchback.pii.keys import KeyContext, is_placeholder
from matchback.pii.text import EXPLAINED, Text

Found = tuple[int, int, str]
Value = tuple[str, KeyContext, str, int]

MAX_NAME = 60
MAX_ADDRESS = 120
MAX_WORDS = 6
OLDEST_YEAR = 1900
NEWEST_YEAR = 2026
NEWEST_YEAR_WEAK_KEY = 2015

_NAME_MARKS = frozenset(" -'.`\u2019\u00b7\u00b4")
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ]?(\d{2})[-/. ]?(\d{2})(?:[T ].*)?")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})|(\d{2})(\d{2})(\d{4})")
_BORN = re.compile(
    r"\b(?:born(?: on)?|geboren(?: am)?|n[ée]e? le|nat[oa] il|nacid[oa] el|"
    r"date of birth|dob|birth ?date)"
    r"[ :]{1,3}(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})\b",
    re.IGNORECASE,
)


def find_names(text: Text) -> Iterator[Found]:
    """Yield values of name keys; `name`, `fn`, `ln` count only beside another personal key."""
    values = list(text.values())
    has_person = _has_person_beside(values)
    for _, context, value, position in values:
        is_named = context.name or (context.weak_name and has_person)
        if is_named and not context.phone and _is_name(value):
            yield position, position + len(value), value.lower()


def find_addresses(text: Text) -> Iterator[Found]:
    """Yield values of street and address keys that read like a postal address."""
    for _, context, value, position in text.values():
        if context.address and _is_address(value, context):
            yield position, position + len(value), value.lower()


def find_birth_dates(text: Text) -> Iterator[Found]:
    """Yield possible dates of birth under a birth key, or after words that say born."""
    for _, context, value, position in text.values():
        newest = NEWEST_YEAR_WEAK_KEY if context.weak_birth_date else NEWEST_YEAR
        if context.birth_date and _is_birth_date(value, newest):
            yield position, position + len(value), value
    for match in _BORN.finditer(text.rest):
        if _is_birth_date(match.group(1), NEWEST_YEAR):
            yield match.start(1), match.end(1), match.group(1)


def _has_person_beside(values: list[Value]) -> bool:
    strong = any(
        context.is_personal and (EXPLAINED in value or not is_placeholder(value))
        for _, context, value, _ in values
    )
    weak = {key.lower() for key, context, *_ in values if context.weak_name}
    return strong or weak >= {"fn", "ln"} or weak >= {"first", "last"}


def _is_name(value: str) -> bool:
    if not 1 <= len(value) <= MAX_NAME or len(value.split()) > MAX_WORDS or is_placeholder(value):
        return False
    if not all(_is_letter(char) or char in _NAME_MARKS for char in value):
        return False
    letters = sum(unicodedata.category(char).startswith("L") for char in value)
    return letters >= 2 or (letters == 1 and not value.isascii())


def _is_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM" or char == "\u200c"


def _is_address(value: str, context: KeyContext) -> bool:
    if not 4 <= len(value) <= MAX_ADDRESS or is_placeholder(value) or "://" in value:
        return False
    has_letter = any(_is_letter(char) for char in value)
    has_digit = any(char.isdigit() for char in value)
    has_space = any(char in " ,\n" for char in value)
    if not has_letter:
        return False
    if has_digit:
        return has_space or not value.isascii()
    return context.street and (has_space or not value.isascii())


def _is_birth_date(value: str, newest: int) -> bool:
    if match := _YEAR_FIRST.fullmatch(value):
        year, month, day = (int(part) for part in match.groups())
        return _is_day(year, month, day, newest)
    if match := _YEAR_LAST.fullmatch(value):
        first, second, year = (int(part) for part in match.groups() if part)
        return _is_day(year, second, first, newest) or _is_day(year, first, second, newest)
    return False


def _is_day(year: int, month: int, day: int, newest: int) -> bool:
    if not OLDEST_YEAR <= year <= newest:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
