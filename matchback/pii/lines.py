"""Personal data line by line: text, JSON lines, pretty-printed JSON or HAR, and CSV."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from matchback.pii.detector import Detection, detect, kinds_of
from matchback.pii.documents import IP_FIELDS, leaves, parse_document
from matchback.pii.keys import NO_KEY, read_key
from matchback.pii.prefilter import prefilter_patterns

LINES_AT_ONCE = 20_000
FEW_LINES = 500
LONG_LINE = 1 << 16
OVERLAP = 512
MAX_SHAPES = 8

_NAME_LINE = re.compile(r"^\s*[\"'](?:name|key)[\"']\s*:\s*[\"']([^\"'\\]{1,80})[\"'],?\s*$")
_VALUE_LINE = re.compile(r"^\s*[\"']value[\"']\s*:\s*(.*)$")
_HEADER_CELL = re.compile(r"[^\W\d][\w .()/-]{0,40}")


class Format(Enum):
    """How the lines of a file belong together."""

    LINES = "lines"
    CSV = "csv"


@dataclass(frozen=True)
class Finding:
    """A line, counted from 1, with the kinds found in it and the shapes of what was found."""

    line: int
    kinds: list[str]
    masked: str


def findings_in(
    stream: Iterable[bytes], *, key: str | None = None, format: Format = Format.LINES
) -> Iterator[Finding]:
    """Yield the lines in which something is found; any bytes are text, the stream is not kept."""
    lines = (line.decode("utf-8", errors="replace").rstrip("\r\n") for line in stream)
    first = next(lines, None)
    if first is None:
        return
    first = first.removeprefix("\ufeff")
    header = _header(first, format) if key is None else None
    if header:
        yield from _in_csv(first, lines, header)
    else:
        yield from _in_lines(_chain(first, lines), key)


def examine(text: str, key: str | None = None) -> list[Detection]:
    """Return what is personal in one line, which may be text, JSON or a URL of any length."""
    if len(text) <= LONG_LINE:
        return [found for found in detect(text, key) if not _is_own_ip(found, text)]
    document = parse_document(text)
    if document is not None:
        return [
            found
            for leaf in leaves(document)
            for found in detect(leaf.text, leaf.key)
            if not (found.kind == "ip" and leaf.key == "user_data.client_ip_address")
        ]
    step = LONG_LINE - OVERLAP
    pieces = (text[start : start + LONG_LINE] for start in range(0, len(text), step))
    return [found for piece in pieces for found in detect(piece, key)]


def _in_lines(lines: Iterator[str], key: str | None) -> Iterator[Finding]:
    number = 0
    name: str | None = None
    is_keyed = read_key(key) is not NO_KEY
    while batch := list(islice(lines, LINES_AT_ONCE)):
        candidates = [True] * len(batch) if is_keyed else _candidates(batch)
        for line, is_candidate in zip(batch, candidates, strict=True):
            number += 1
            if not is_candidate and name is None and '"' not in line:
                continue
            value = _VALUE_LINE.match(line) if name else None
            if value:
                finding = _finding(number, examine(value.group(1).strip().strip("\",'"), name))
            else:
                finding = _finding(number, examine(line, key)) if is_candidate else None
            named = _NAME_LINE.match(line) if '"' in line else None
            name = named.group(1) if named else None
            if finding:
                yield finding


def _in_csv(first: str, lines: Iterator[str], header: "_Header") -> Iterator[Finding]:
    found = examine(first)
    if finding := _finding(1, found):
        yield finding
    rows = (line.replace("\0", " ") + "\n" for line in lines)
    reader = csv.reader(rows, delimiter=header.delimiter)
    start = 2
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            return
        if cells is None:
            return
        keys: Sequence[str | None] = header.keys
        if len(cells) != len(keys):
            keys = [None] * len(cells)
        found = [item for cell, key in zip(cells, keys, strict=True) if cell
                 for item in examine(cell, key)]  # fmt: skip
        if finding := _finding(start, found):
            yield finding
        start = reader.line_num + 2


@dataclass(frozen=True)
class _Header:
    delimiter: str
    keys: Sequence[str]


def _header(first: str, format: Format) -> _Header | None:
    """Return the header of a CSV; a stream is one only if its first line names personal columns."""
    for delimiter in (",", ";", "\t"):
        cells = [cell.strip().strip('"') for cell in first.split(delimiter)]
        if len(cells) < 2 or not all(_HEADER_CELL.fullmatch(cell) for cell in cells):
            continue
        contexts = [read_key(cell) for cell in cells]
        has_person = any(context.is_personal for context in contexts)
        if has_person or format is Format.CSV:
            keys = [
                f"customer {cell}" if has_person and context.weak_name else cell
                for cell, context in zip(cells, contexts, strict=True)
            ]
            return _Header(delimiter, keys)
    return None


def _candidates(batch: Sequence[str]) -> list[bool]:
    """Dismiss most lines with RE2 where there are many; a few are looked at one by one."""
    if len(batch) <= FEW_LINES:
        return [True] * len(batch)
    import pyarrow
    import pyarrow.compute

    lines = pyarrow.array(batch, type=pyarrow.large_string())
    by_shape, by_key = (
        pyarrow.compute.match_substring_regex(lines, pattern=f"(?m){pattern}")
        for pattern in prefilter_patterns()
    )
    candidates: list[bool] = pyarrow.compute.or_(by_shape, by_key).to_pylist()
    return candidates


def _finding(number: int, found: Sequence[Detection]) -> Finding | None:
    if not found:
        return None
    shapes = list(dict.fromkeys(detection.masked for detection in found))
    masked = ", ".join(shapes[:MAX_SHAPES]) + (" …" if len(shapes) > MAX_SHAPES else "")
    return Finding(number, kinds_of(found), masked)


def _is_own_ip(found: Detection, text: str) -> bool:
    return found.kind == "ip" and found.path in IP_FIELDS and "user_data" in text


def _chain(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest
