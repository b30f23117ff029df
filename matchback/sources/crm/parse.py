"""CRM orders: any export -> landing rows that hold no plain contact value."""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import TextIOWrapper
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import orjson

from matchback.config import CrmConfig
from matchback.core.errors import SourceError
from matchback.core.redaction import redact_object
from matchback.hashing.contact_forms import contact_forms
from matchback.sources.crm.preset import (
    CANONICAL_COLUMNS,
    CONTACT_COLUMNS,
    REQUIRED_COLUMNS,
    TEXT_COLUMNS,
    Preset,
)
from matchback.sources.kit.errors import RowRejectedError
from matchback.sources.kit.values import amount, as_text, is_true, required_moment

Record = dict[str, Any]

MAXIMUM_CELL = 2**20
DELIMITERS = ",;\t|"

# Contact fields that nobody mapped: neither hashed nor stored.
_CONTACT_HEADER = re.compile(
    r"(?:e-?mail|phone|mobile|\bfax\b|street|address|birth"
    r"|(?:first|last|full|middle)[ _.-]?name"
    r"|(?:billing|shipping|mailing|contact|customer|account|buyer|recipient)[ _.:-]*"
    r"(?:name|zip|city|company|postal|province|state|country))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CrmMapping:
    """Which header of one file means which canonical column."""

    headers: Mapping[str, str]
    free_text_headers: tuple[str, ...]
    full_name: str | None = None
    cancelled_at: str | None = None


@dataclass
class CrmParser:
    """Turns the records of one file into landing rows; contact values stay inside it."""

    mapping: CrmMapping
    zone: ZoneInfo
    default_country: str
    has_line_per_item: bool = False
    _seen: set[str] = field(default_factory=set)

    def parse(self, record: Record) -> Record | None:
        """Return the landing row, or None for one more line item of an order already read."""
        headers = self.mapping.headers
        values = {name: _checked(record.get(header)) for name, header in headers.items()}
        order_id = (as_text(values.get("order_id")) or "").strip()
        if not order_id:
            raise RowRejectedError("order_id is empty")
        if self._is_further_item(order_id, values):
            return None
        row: Record = {name: as_text(values.get(name)) for name in TEXT_COLUMNS}
        row["order_id"] = order_id
        row["ordered_at"] = required_moment(values.get("ordered_at"), "ordered_at", self.zone)
        row["value"] = amount(values.get("value"))
        row["is_test"] = is_true(values.get("is_test"))
        if self.mapping.cancelled_at and as_text(record.get(self.mapping.cancelled_at)):
            row["status"] = "cancelled"
        row["contact_hashes"] = self._contact_hashes(record, values)
        row["free_text"], row["secret_fields"] = self._free_text(record)
        return row

    def _is_further_item(self, order_id: str, values: Record) -> bool:
        is_further = self.has_line_per_item and order_id in self._seen and not values.get("value")
        self._seen.add(order_id)
        return is_further

    def _contact_hashes(self, record: Record, values: Record) -> list[dict[str, Any]]:
        contact = {name: as_text(values.get(name)) for name in CONTACT_COLUMNS}
        full_name = as_text(record.get(self.mapping.full_name)) if self.mapping.full_name else None
        if full_name and not (contact["first_name"] or contact["last_name"]):
            contact["first_name"], _, contact["last_name"] = full_name.strip().partition(" ")
        filled = tuple((name, value) for name, value in contact.items() if value)
        return _hashed(filled, contact["country"], self.default_country)

    def _free_text(self, record: Record) -> tuple[str | None, list[str]]:
        texts = {
            header: record[header]
            for header in self.mapping.free_text_headers
            if isinstance(record.get(header), str) and record[header].strip()
        }
        if not texts:
            return None, []
        clean, secret_fields = redact_object(texts)
        return orjson.dumps(clean).decode(), secret_fields


def map_headers(
    headers: Sequence[str], config: CrmConfig, preset: Preset, file_name: str
) -> CrmMapping:
    """Return the mapping of one file; SourceError when a mapped column is not in it."""
    wanted = config.columns.mapped()
    present = {header.strip(): header for header in reversed(headers)}
    found: dict[str, str] = {}
    for column, header in wanted.items():
        if header.strip() not in present:
            raise SourceError(
                f"The CRM file {file_name} has no column '{header}', which sources.crm.columns "
                f"maps to {column}; correct the mapping or the export."
            )
        found[column] = present[header.strip()]
    offered = preset.columns or _canonical_names(wanted)
    for column, candidates in offered.items():
        known = next((present[name] for name in candidates if name in present), None)
        if known is not None:
            found.setdefault(column, known)
    for column in REQUIRED_COLUMNS:
        if column not in found:
            names = " or ".join(f"'{name}'" for name in offered.get(column, [column]))
            raise SourceError(
                f"The CRM file {file_name} has no column {names} for {column}; "
                "map it in sources.crm.columns."
            )
    mapped = set(found.values())
    return CrmMapping(
        headers=found,
        free_text_headers=tuple(
            header
            for header in headers
            if header not in mapped and header.strip() and not _CONTACT_HEADER.search(header)
        ),
        full_name=next((present[name] for name in preset.full_name if name in present), None),
        cancelled_at=present.get(preset.cancelled_at or ""),
    )


def csv_records(stream: BinaryIO) -> Iterator[tuple[int, list[str] | RowRejectedError]]:
    """Yield (line number, cells) of each record; the header first. A bad record is an error."""
    text = TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    head = text.readline()
    delimiter = max(DELIMITERS, key=head.count)
    csv.field_size_limit(MAXIMUM_CELL)
    reader = csv.reader(_with_head(head, text), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, RowRejectedError("has a broken quote or a cell longer than 1 MiB")
            continue
        if cells:
            yield number, cells


def csv_row(headers: Sequence[str], cells: list[str] | RowRejectedError) -> Record:
    """Return one CSV record by header; RowRejectedError when its cells do not fit."""
    if isinstance(cells, RowRejectedError):
        raise cells
    if len(cells) != len(headers):
        raise RowRejectedError(f"has {len(cells)} cells instead of {len(headers)}")
    for cell in cells:
        if "\0" in cell:
            raise RowRejectedError("holds a NUL byte")
        if any("\udc80" <= character <= "\udcff" for character in cell):
            raise RowRejectedError("is no valid UTF-8")
    return dict(zip(headers, cells, strict=True))


def _canonical_names(wanted: Mapping[str, str]) -> dict[str, list[str]]:
    """Without any mapping the export's headers are the canonical names."""
    return {} if wanted else {column: [column] for column in CANONICAL_COLUMNS}


def _checked(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float) and not math.isfinite(value):
        raise RowRejectedError("holds NaN or Infinity")
    if isinstance(value, str):
        return value if value.strip() else None
    return value


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


def _with_head(head: str, rest: Iterable[str]) -> Iterator[str]:
    yield head
    yield from rest
