"""Versioned schema contracts: what acceptance makes of an entry, and how people read a version."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypedDict

REQUIRED_SHARE = 0.95
BEGINNING = date(1, 1, 1)


@dataclass(frozen=True)
class Entry:
    """What a contract expects of one path: of an event, or of the whole source."""

    kind: str
    event_name: str
    path: str
    family: str
    presence_share: float
    baseline_rows: int
    absent_in: str = ""
    is_required: bool = False
    is_absent: bool = False
    valid_from: date = BEGINNING
    judged_after: date = BEGINNING


SHOWN = (
    "source", "event_name", "path", "change", "expected", "observed", "is_breaking", "first_date",
    "last_date", "is_lasting", "rows_affected", "release",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One way in which a source differs from its contract, and what it looks like now."""

    source: str
    event_name: str
    path: str
    change: str
    expected: str
    observed: str
    is_breaking: bool
    first_date: date
    last_date: date
    rows_affected: int
    release: str | None
    is_lasting: bool
    kind: str
    observed_family: str
    observed_share: float
    observed_rows: int

    def as_json(self) -> dict[str, object]:
        """Return what `matchback contract diff --json` shows."""
        return {name: getattr(self, name) for name in SHOWN}


class KeyDocument(TypedDict, total=False):
    """What a contract file says of one parameter of an event."""

    share: float
    slot: str
    required: bool


class ContractDocument(TypedDict):
    """A contract version as its file shows it; names and shares, no values."""

    source: str
    version: int
    accepted_by: str
    accepted_at: str
    reason: str
    columns: dict[str, str]
    events: dict[str, dict[str, KeyDocument]]


def accepted(entries: Iterable[Entry], differences: Sequence[Difference]) -> list[Entry]:
    """Return the entries of the next version: as before, but with the differences as the rule.

    Each changed entry holds from the first date of its difference, so that earlier dates stay
    judged by the version they were lived under.
    """
    by_path = {(entry.event_name, entry.path): entry for entry in entries}
    for difference in differences:
        key = (difference.event_name, difference.path)
        before = by_path.get(key)
        by_path[key] = _changed(before, difference)
        if difference.kind == "column" and difference.change == "removed":
            nested = f"{difference.path}."
            for (event_name, path), entry in by_path.items():
                if path.startswith(nested) and entry.kind == "column":
                    by_path[event_name, path] = replace(
                        entry, is_absent=True, valid_from=difference.first_date
                    )
    return list(by_path.values())


def _changed(before: Entry | None, difference: Difference) -> Entry:
    day_before = date.fromordinal(max(difference.first_date.toordinal() - 1, 1))
    if before is None:
        return Entry(
            kind=difference.kind,
            event_name=difference.event_name,
            path=difference.path,
            family=difference.observed_family,
            presence_share=difference.observed_share,
            baseline_rows=difference.observed_rows,
            valid_from=difference.first_date,
            judged_after=day_before,
        )
    if difference.change == "removed":
        return replace(before, is_absent=True, valid_from=difference.first_date)
    family = before.family
    if difference.change in ("retyped", "slot_flipped", "added"):
        family = difference.observed_family
    return replace(
        before,
        family=family,
        presence_share=difference.observed_share,
        baseline_rows=difference.observed_rows,
        is_absent=False,
        valid_from=difference.first_date,
    )


def contract_document(
    source: str, version: int, *, by: str, why: str, at: str, entries: Iterable[Entry]
) -> ContractDocument:
    """Return a version as its YAML file shows it."""
    present = sorted(
        (entry for entry in entries if not entry.is_absent),
        key=lambda entry: (entry.event_name, entry.path),
    )
    events: dict[str, dict[str, KeyDocument]] = {}
    for entry in present:
        if entry.kind == "event":
            events.setdefault(entry.event_name, {})
        elif entry.kind != "column" and entry.baseline_rows:
            events.setdefault(entry.event_name, {})[entry.path] = _key_document(entry)
    columns = {entry.path: entry.family or "any" for entry in present if entry.kind == "column"}
    return {
        "source": source,
        "version": version,
        "accepted_by": by,
        "accepted_at": at,
        "reason": why,
        "columns": columns,
        "events": events,
    }


def _key_document(entry: Entry) -> KeyDocument:
    document: KeyDocument = {"share": round(entry.presence_share, 3)}
    if entry.family:
        document["slot"] = entry.family
    if entry.presence_share >= REQUIRED_SHARE:
        document["required"] = True
    return document
