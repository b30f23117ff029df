"""CRM orders: the rows of any export -> landing rows that hold no plain contact value."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from matchback.config import CrmConfig
from matchback.core.redaction import redact_object
from matchback.hashing.contact_forms import contact_forms
from matchback.sources.crm.preset import (
    CANONICAL_COLUMNS,
    CONTACT_COLUMNS,
    MOMENTS,
    REQUIRED_COLUMNS,
    TEXT_COLUMNS,
    Preset,
)
from matchback.sources.crm.statuses import Statuses
from matchback.sources.kit.amounts import AmountEvidence, AmountReading
from matchback.sources.kit.cells import bare, client_id, identifier, user_id, written_out
from matchback.sources.kit.dates import Clocks, DateEvidence, DateReading
from matchback.sources.kit.errors import FileRefusedError, RowRejectedError
from matchback.sources.kit.values import as_text, is_true

Record = dict[str, Any]
Cells = dict[str, Any]

IDENTIFIERS: Mapping[str, Callable[[str | None], str | None]] = {
    "order_id": identifier,
    "customer_id": user_id,
    "event_id": identifier,
    "user_pseudo_id": client_id,
    "gclid": identifier,
    "fbclid": identifier,
}
# What a spreadsheet may have taken for a number.
MAYBE_ROUNDED = ("order_id", "customer_id", "event_id", "user_pseudo_id")
FULL_NAME, CANCELLED_AT = "full_name", "cancelled_at"


@dataclass(frozen=True)
class CrmMapping:
    """Which header of one file means which column; beside the canonical ones those of presets."""

    headers: Mapping[str, str]
    free_text_headers: tuple[str, ...] = ()

    def cell(self, record: Record, column: str) -> Any:  # noqa: ANN401
        """Return the value of a column without what spreadsheets put around it; None for none."""
        header = self.headers.get(column)
        return None if header is None else _cleaned(record.get(header))

    def named(self, column: str) -> str:
        """Return what a reason calls a column."""
        return f"{column} (column '{self.headers[column]}')"


@dataclass(frozen=True)
class Survey:
    """What all rows of a file say together: how columns are read, which orders have more rows."""

    dates: Mapping[str, DateReading]
    amounts: AmountReading
    row_counts: Mapping[str, int]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the ledger says of the file."""
        return tuple(sorted({dates.note for dates in self.dates.values() if dates.note}))


@dataclass(frozen=True)
class OrderRow:
    """One row: its filled cells as values, by column; `raw` is its text."""

    number: int
    cells: Cells
    texts: Mapping[str, str]
    is_refund: bool
    raw: bytes = b""

    @property
    def key(self) -> str:
        """What rows of one order share."""
        return order_key(self.cells["order_id"])


@dataclass
class CrmParser:
    """Turns the rows of one file into landing rows; contact values stay inside it."""

    mapping: CrmMapping
    survey: Survey
    statuses: Statuses
    default_country: str

    def read(self, number: int, record: Record, raw: bytes = b"") -> OrderRow:
        """Return one row with its values; RowRejectedError when one of them cannot be read."""
        cells: Cells = {}
        for column in self.mapping.headers:
            value = self.mapping.cell(record, column)
            if value is not None and (read := self._value(column, value)) is not None:
                cells[column] = read
        if "order_id" not in cells:
            raise RowRejectedError(f"{self.mapping.named('order_id')} is empty; fill it")
        texts = {
            header: record[header]
            for header in self.mapping.free_text_headers
            if isinstance(record.get(header), str) and record[header].strip()
        }
        state = self.statuses.state_of(_status(cells), cells.get("value"))
        return OrderRow(number, cells, texts, state == "refund", raw)

    def landed(self, rows: Sequence[OrderRow]) -> Record:
        """Return the landing row of an order: of each column the first filled value.

        Where the CRM says when a row was changed, the newest is the first.
        """
        if len(rows) > 1:
            rows = sorted(rows, key=_updated_at, reverse=True)
        cells = _first_filled(row.cells for row in rows)
        if "ordered_at" not in cells:
            raise RowRejectedError(f"{self.mapping.named('ordered_at')} is empty; fill it")
        status = _status(cells)
        free_text, secret_fields = _free_text(_first_filled(row.texts for row in rows))
        return {
            **{name: cells.get(name) for name in (*TEXT_COLUMNS, *MOMENTS, "order_id", "value")},
            "status": status,
            "order_state": self.statuses.state_of(status, cells.get("value")),
            "is_test": cells.get("is_test"),
            "contact_hashes": self._contact_hashes(cells),
            "free_text": free_text,
            "secret_fields": secret_fields,
        }

    def _value(self, column: str, value: Any) -> Any:  # noqa: ANN401
        if column in MOMENTS:
            return self.survey.dates[column].read(value, self.mapping.named(column))
        if column == "value":
            return self.survey.amounts.read(value, self.mapping.named(column))
        if column == "is_test":
            return is_true(value)
        text = as_text(value)
        if column in MAYBE_ROUNDED:
            text = written_out(text, self.mapping.named(column))
        clean = IDENTIFIERS.get(column)
        return clean(text) if clean else text

    def _contact_hashes(self, cells: Cells) -> list[dict[str, Any]]:
        contact = {name: cells[name] for name in CONTACT_COLUMNS if name in cells}
        full_name = cells.get(FULL_NAME)
        if full_name and not ("first_name" in contact or "last_name" in contact):
            contact["first_name"], _, contact["last_name"] = full_name.strip().partition(" ")
        filled = tuple((name, contact[name]) for name in CONTACT_COLUMNS if contact.get(name))
        return _hashed(filled, contact.get("country"), self.default_country)


@dataclass
class OrdersOfFile:
    """Unites the rows of an order as they come by; refunds are rows of their own."""

    row_counts: Mapping[str, int]
    further_rows: int = 0
    _waiting: dict[str, list[OrderRow]] = field(default_factory=dict)
    _seen: Counter[str] = field(default_factory=Counter)
    _in_refund: set[str] = field(default_factory=set)

    def add(self, row: OrderRow) -> Iterator[list[OrderRow]]:
        """Take one row; yield what is complete with it."""
        key = row.key
        if key not in self.row_counts:
            yield [row]
            return
        self._seen[key] += 1
        if row.is_refund:
            self._in_refund.add(key)
            yield [row]
        elif key in self._in_refund and not {"value", "status"} & row.cells.keys():
            # One more item of the refund before it.
            self.further_rows += 1
        else:
            self._in_refund.discard(key)
            self._waiting.setdefault(key, []).append(row)
        if self._seen[key] == self.row_counts[key] and key in self._waiting:
            yield self._united(key)

    def rest(self) -> Iterator[list[OrderRow]]:
        """Yield the orders some row of which could not be read."""
        for key in list(self._waiting):
            yield self._united(key)

    def _united(self, key: str) -> list[OrderRow]:
        rows = self._waiting.pop(key)
        self.further_rows += len(rows) - 1
        return rows


def surveyed(
    records: Iterable[Record],
    mapping: CrmMapping,
    clocks: Clocks,
    country: str,
    date_format: str | None,
) -> Survey:
    """Look at all records of a file once, at the columns that explain each other."""
    evidence = {column: DateEvidence() for column in MOMENTS if column in mapping.headers}
    amounts = AmountEvidence()
    row_counts: Counter[str] = Counter()
    for record in records:
        for column, dates in evidence.items():
            dates.add(_text_cell(record, mapping, column))
        amounts.add(_text_cell(record, mapping, "value"))
        row_counts[order_key(as_text(record.get(mapping.headers["order_id"])) or "")] += 1
    return Survey(
        {column: dates.reading(clocks, country, date_format) for column, dates in evidence.items()},
        amounts.reading(country),
        {key: count for key, count in row_counts.items() if count > 1},
    )


def order_key(order_id: str) -> str:
    """Return what the spellings of an order id in one file share."""
    return (identifier(bare(order_id)) or "").removeprefix("#").strip().casefold()


def map_headers(headers: Sequence[str], config: CrmConfig, preset: Preset) -> CrmMapping:
    """Return the mapping of one file; FileRefusedError when a mapped column is not there once."""
    wanted = config.columns.mapped()
    present = {header.strip(): header for header in reversed(headers)}
    found: dict[str, str] = {}
    for column, header in wanted.items():
        if header.strip() not in present:
            raise FileRefusedError(
                f"has no column '{header}', which sources.crm.columns maps to {column}; "
                "correct the mapping or the export"
            )
        found[column] = present[header.strip()]
    offered = _offered(wanted, preset)
    for column, candidates in offered.items():
        known = next((present[name] for name in candidates if name in present), None)
        if known is not None:
            found.setdefault(column, known)
    for column in REQUIRED_COLUMNS:
        if column not in found:
            names = " or ".join(f"'{name}'" for name in offered.get(column, [column]))
            raise FileRefusedError(
                f"has no column {names} for {column}; map it in sources.crm.columns"
            )
    for header in found.values():
        _refuse_repeated(header, headers)
    listed = {name.strip() for name in config.free_text}
    return CrmMapping(found, tuple(present[name] for name in present if name in listed))


def headers_of_ids(config: CrmConfig, preset: Preset) -> set[str]:
    """Return the headers under which an order's id may stand: a record has one of them."""
    wanted = config.columns.mapped()
    if "order_id" in wanted:
        return {wanted["order_id"]}
    return set(_offered(wanted, preset)["order_id"])


def _offered(wanted: Mapping[str, str], preset: Preset) -> dict[str, list[str]]:
    """Return the headers that are known without being mapped; canonical names without any."""
    if preset.columns:
        cancelled_at = [preset.cancelled_at] if preset.cancelled_at else []
        return {**preset.columns, FULL_NAME: preset.full_name, CANCELLED_AT: cancelled_at}
    return {} if wanted else {column: [column] for column in CANONICAL_COLUMNS}


def _refuse_repeated(header: str, headers: Sequence[str]) -> None:
    places = [str(place) for place, name in enumerate(headers, 1) if name.strip() == header.strip()]
    if len(places) > 1:
        raise FileRefusedError(
            f"has the column '{header.strip()}' more than once, in positions "
            f"{', '.join(places[:-1])} and {places[-1]}; name each column once and export it again"
        )


def _cleaned(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float) and not math.isfinite(value):
        raise RowRejectedError("holds NaN or Infinity")
    if isinstance(value, str):
        text = bare(value)
        return text if text.strip() else None
    return value


def _text_cell(record: Record, mapping: CrmMapping, column: str) -> str | None:
    value = record.get(mapping.headers[column]) if column in mapping.headers else None
    return bare(value) if isinstance(value, str) else None


def _status(cells: Cells) -> str | None:
    return "cancelled" if cells.get(CANCELLED_AT) else cells.get("status")


def _updated_at(row: OrderRow) -> datetime:
    updated_at: datetime = row.cells.get("updated_at", datetime.min)  # noqa: DTZ901
    return updated_at


def _first_filled(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            filled.setdefault(name, value)
    return filled


def _free_text(texts: dict[str, str]) -> tuple[str | None, list[str]]:
    if not texts:
        return None, []
    clean, secret_fields = redact_object(texts)
    return orjson.dumps(clean).decode(), secret_fields


@lru_cache(maxsize=20_000)
def _hashed(
    contact: tuple[tuple[str, str], ...], country: str | None, default_country: str
) -> list[dict[str, Any]]:
    return [
        {
            "field": form.field,
            "form": form.form,
            "is_accepted": form.is_accepted,
            "sha256": form.sha256,
        }
        for form in contact_forms(dict(contact), country, default_country)
    ]
