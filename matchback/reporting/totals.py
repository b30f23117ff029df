"""Sums and groups that several sections need."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

from matchback.reporting.figures import Number

Totals = list[tuple[str | None, Decimal]]
Item = TypeVar("Item")
Key = TypeVar("Key")


def grouped(rows: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """Return rows by a key, in their own order."""
    groups: dict[Key, list[Item]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)


def add_up(amounts: Iterable[tuple[str | None, Number | None]]) -> Totals:
    """Return one total per currency, largest first; amounts without a value are left out."""
    totals: dict[str | None, Decimal] = defaultdict(Decimal)
    for currency, value in amounts:
        if value is not None:
            totals[currency] += Decimal(value)
    return sorted(totals.items(), key=lambda item: (-item[1], item[0] or ""))


def counted(names: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the total of each name, largest first."""
    totals: Counter[str] = Counter()
    for name, count in names:
        totals[name] += count
    return sorted(totals.items(), key=lambda item: (-item[1], item[0]))


def listed(text: str | None) -> list[str]:
    """Return the names of a list written with commas."""
    return [name for name in (text or "").split(",") if name]


def difference(now: float | None, before: float | None) -> float | None:
    """Return now - before, or None when either is missing."""
    return None if now is None or before is None else now - before
