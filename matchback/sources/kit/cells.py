"""Cells as spreadsheets leave them: armour off, and what is no value at all."""

import re

from matchback.sources.kit.errors import RowRejectedError

# White space of every kind, and the marks that no one sees.
INVISIBLE = " \t\r\n\v\f\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}\N{WORD JOINER}"  # noqa: E501
NOBODY = frozenset({"", "(not set)", "null", "undefined", "none", "nan", "anonymous", "guest"})
NO_USER = frozenset({"0"})

_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
_ZERO_UUID = re.compile(r"0{8}-?0{4}-?0{4}-?0{4}-?0{12}")
# `12E3` may be an id of its own; a spreadsheet writes a fraction or a plus.
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+[eE]\+?|[eE]\+)\d{1,3}")
_GA_COOKIE = re.compile(r"GA\d+\.\d+\.(\d+\.\d+)", re.IGNORECASE)


def bare(text: str) -> str:
    """Return a cell without what keeps spreadsheets from calculating it."""
    if found := _FORMULA.fullmatch(text.strip()):
        return found[1].replace('""', '"')
    if len(text) > 1 and text[0] == "'" and (text[1].isdigit() or text[1] in "+-=@"):
        return text[1:]
    return text


def identifier(value: str | None, *, is_user: bool = False) -> str | None:
    """Return an identifier of a person or event, or None for the words that stand for none."""
    if value is None:
        return None
    text = value.strip().strip(INVISIBLE)
    folded = text.lower()
    if folded in NOBODY or (is_user and folded in NO_USER) or _ZERO_UUID.fullmatch(folded):
        return None
    return text


def user_id(value: str | None) -> str | None:
    """Return the id of a customer or user."""
    return identifier(value, is_user=True)


def client_id(value: str | None) -> str | None:
    """Return a GA client id; of a `_ga` cookie its last two groups."""
    text = identifier(value)
    found = _GA_COOKIE.fullmatch(text) if text else None
    return found[1] if found else text


def written_out(value: str | None, name: str) -> str | None:
    """Return an id; the row is rejected where a spreadsheet has rounded it."""
    if value is not None and _SCIENTIFIC.fullmatch(value.strip()):
        raise RowRejectedError(
            f"{name} was turned into a number by a spreadsheet and has lost digits; "
            "format the column as text and export it again"
        )
    return value
