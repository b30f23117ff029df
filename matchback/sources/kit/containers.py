"""What text files wrap their rows in: encodings, JSON arrays and objects, CSV of every dialect."""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, BinaryIO

import orjson

from matchback.sources.kit.errors import FileRefusedError, RowRejectedError
from matchback.sources.kit.files import Line, lines_of

CHUNK = 2**20
DELIMITERS = ",;\t|"
MAXIMUM_CELL = 2**20
# The longest mark first: that of UTF-32 begins like that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
LEGACY = "cp1252"
_BROKEN = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f\udc80-\udcff]")
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?\s*')

Document = dict[str, Any]
IsRow = Callable[[Document], bool]


def encoding_of(stream: BinaryIO, given: str | None = None) -> str:
    """Return a text file's encoding: as given, as its mark says, else UTF-8 or Windows' own.

    The stream is left at its beginning. FileRefusedError names an encoding that nobody knows.
    """
    if given:
        try:
            return codecs.lookup(given).name
        except LookupError:
            raise FileRefusedError(
                f"has no readable encoding: nobody knows '{given}'; name utf-8, utf-16 or cp1252"
            ) from None
    head = stream.read(4)
    stream.seek(0)
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if len(head) == 4 and head.count(0) == 2 and head[0] + head[2] in (0, sum(head)):
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    whole, broken = _counted_beyond_ascii(stream)
    # What is written as Windows does has hardly a character that UTF-8 would allow.
    return "utf-8" if whole >= broken else LEGACY


def _counted_beyond_ascii(stream: BinaryIO) -> tuple[int, int]:
    """Return how many characters beyond ASCII are UTF-8, and how many bytes are not."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    whole = broken = 0
    while chunk := stream.read(CHUNK):
        text = decoder.decode(chunk)
        if not text.isascii():
            broken += len(_BROKEN.findall(text))
            whole += len(_BEYOND_ASCII.findall(text))
    stream.seek(0)
    return whole, broken


def as_utf8(stream: BinaryIO, encoding: str | None = None) -> BinaryIO:
    """Return a stream of UTF-8, whatever is said, or a byte order mark says, that it is in."""
    head = stream.read(4)
    stream.seek(0)
    marked = next((name for mark, name in MARKS if head.startswith(mark)), "utf-8-sig")
    found = encoding_of(stream, encoding) if encoding else marked
    if found in ("utf-8", "utf-8-sig"):
        return stream
    return io.BufferedReader(_Transcoded(io.TextIOWrapper(stream, encoding=found)))


class _Transcoded(io.RawIOBase):
    """Text as a stream of UTF-8 bytes."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        if not self._left:
            try:
                self._left = self._text.read(CHUNK).encode()
            except UnicodeError:
                raise FileRefusedError("is not in the encoding that its first bytes say") from None
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def is_row_a_line(stream: BinaryIO, is_row: IsRow) -> bool:
    """Say whether each line of a JSON file is a row, by its beginning."""
    start = stream.read(CHUNK).lstrip()
    return start.startswith(b"{") and _is_row_a_line(start, is_row)


def json_rows(stream: BinaryIO, is_row: IsRow, encoding: str | None = None) -> Iterator[Line]:
    """Yield one line per JSON row: of lines, of an array, of pretty print, of an object's one list.

    `is_row` says whether an object is a row and not a wrapper of rows. The number of a row is that
    of the line on which it begins, of several on one line the next that is free.
    """
    text = as_utf8(stream, encoding)
    peeked = text.read(CHUNK)
    start = peeked.removeprefix(codecs.BOM_UTF8).lstrip()
    rest = _Joined(peeked, text)
    if start.startswith(b"["):
        yield from _elements(_Text(rest), is_row)
    elif not start.startswith(b"{") or _is_row_a_line(start, is_row):
        yield from lines_of(rest)
    else:
        yield from _elements(_Text(rest), is_row)


def _is_row_a_line(start: bytes, is_row: IsRow) -> bool:
    """Say whether the first line is a whole object and no wrapper, or the next one looks alike."""
    first, _, others = start.partition(b"\n")
    try:
        document = orjson.loads(first)
    except orjson.JSONDecodeError:
        following = others.lstrip()
        return not following or (len(first.strip()) > 2 and following.startswith(b"{"))
    return not isinstance(document, dict) or is_row(document) or _only_list(document) is None


def _only_list(document: Document) -> list[Any] | None:
    """Return the rows of a wrapper: the one list of objects that it holds."""
    lists = [
        value
        for value in document.values()
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
    ]
    return lists[0] if len(lists) == 1 else None


class _Joined(io.RawIOBase):
    """Bytes that were read already, and those that follow."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._head:
            head, self._head = (self._head, b"") if size < 0 else (
                self._head[:size], self._head[size:]
            )  # fmt: skip
            return head if size >= 0 else head + self._rest.read()
        return self._rest.read(size)


class _Text:
    """The text of a file, decoded as it is needed, with a position and the number of its line."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - a binary reader
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._is_over = False
        self.buffer = ""
        self.position = 0
        self.line = 1
        self.between = ""

    def more(self) -> bool:
        """Append what follows, twice as much each time; False at the end."""
        if self._is_over:
            return False
        self.buffer, self.position = self.buffer[self.position :], 0
        chunk = self._stream.read(max(CHUNK, len(self.buffer)))
        self._is_over = not chunk
        self.buffer += self._decoder.decode(chunk, final=self._is_over)
        return not self._is_over

    def move_to(self, position: int) -> str:
        """Leave the characters before a position behind, and return them."""
        passed = self.buffer[self.position : position]
        self.line += passed.count("\n")
        self.position = position
        return passed

    def skip(self, between: re.Pattern[str]) -> bool:
        """Leave what stands between two rows behind; False at the end."""
        self.between = ""
        while True:
            found = between.match(self.buffer, self.position)
            self.between += self.move_to(found.end() if found else self.position)
            if self.position < len(self.buffer):
                return True
            if not self.more():
                return False


_BETWEEN = re.compile(r"[\s,\[\]]*")


def _elements(text: _Text, is_row: IsRow) -> Iterator[Line]:
    """Yield the objects of an array or of a sequence of them; wrappers give their rows."""
    decoder = json.JSONDecoder()
    is_array, number = False, 0
    while text.skip(_BETWEEN):
        number = max(text.line, number + 1)
        is_array = is_array or "[" in text.between
        document, end = _decoded(decoder, text)
        raw = text.move_to(end).encode()
        rows = None if not isinstance(document, dict) or is_row(document) else _only_list(document)
        if rows is None:
            yield Line(number, raw)
        else:
            for row in rows:
                yield Line(number, orjson.dumps(row))
                number += 1
            number -= 1
    if is_array and "]" not in text.between:
        raise FileRefusedError("ends before its JSON array does; export it again")


def _decoded(decoder: json.JSONDecoder, text: _Text) -> tuple[Any, int]:
    while True:
        try:
            return decoder.raw_decode(text.buffer, text.position)
        except json.JSONDecodeError:
            if not text.more():
                raise FileRefusedError(
                    f"holds broken JSON from line {text.line} on; export it again"
                ) from None


@dataclass(frozen=True)
class CsvRow:
    """One record of a CSV file: the line it begins on, and its cells or what is wrong with it."""

    number: int
    cells: list[str] | RowRejectedError


def csv_rows(stream: BinaryIO, encoding: str | None = None) -> Iterator[CsvRow]:
    """Yield the header and the rows of a CSV file; a report's footer and empty lines are none."""
    name = encoding_of(stream, encoding)
    text = io.TextIOWrapper(stream, encoding=name, errors="surrogateescape", newline="")
    skipped, head, delimiter = _head_of(text)
    csv.field_size_limit(MAXIMUM_CELL)
    reader = csv.reader(chain([head], text), delimiter=delimiter, strict=True)
    yield from _without_footer(_records(reader, skipped))


def csv_cells(headers: Sequence[str], row: CsvRow) -> dict[str, str]:
    """Return a row by header; RowRejectedError when its cells do not fit."""
    cells = row.cells
    if isinstance(cells, RowRejectedError):
        raise cells
    if len(cells) != len(headers):
        raise RowRejectedError(f"has {len(cells)} cells instead of {len(headers)}")
    for cell in cells:
        if "\0" in cell:
            raise RowRejectedError("holds a NUL byte")
        if any("\udc80" <= character <= "\udcff" for character in cell):
            raise RowRejectedError("is not in the encoding of the file; name sources.crm.encoding")
    return dict(zip(headers, cells, strict=True))


def _head_of(text: io.TextIOWrapper) -> tuple[int, str, str]:
    """Return how many lines stand before the header, its first line, and the delimiter."""
    skipped = 0
    for line in text:
        if found := _SEPARATOR_LINE.fullmatch(line.strip("\r\n\ufeff")):
            return skipped + 1, next(text, ""), found[1]
        if line.strip("\r\n\ufeff ,;\t|"):
            return skipped, line, _delimiter_of(line)
        skipped += 1
    return skipped, "", ","


def _delimiter_of(head: str) -> str:
    """Return the sign that parts the header into most cells; what is quoted does not count."""
    return max(DELIMITERS, key=lambda sign: len(next(csv.reader([head], delimiter=sign), [])))


def _records(reader: Any, skipped: int) -> Iterator[CsvRow]:  # noqa: ANN401 - csv has no type for it
    while True:
        number = skipped + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            broken = RowRejectedError("has a broken quote or a cell longer than 1 MiB")
            yield CsvRow(number, broken)
            continue
        if any(cell.strip() for cell in cells):
            yield CsvRow(number, cells)


def _without_footer(rows: Iterator[CsvRow]) -> Iterator[CsvRow]:
    header = next(rows, None)
    if header is None:
        return
    yield header
    width = len(header.cells) if isinstance(header.cells, list) else 0
    held: list[CsvRow] = []
    for row in rows:
        if isinstance(row.cells, list) and width > 1 and _may_be_footer(row.cells, width):
            held.append(row)
            continue
        yield from held
        held.clear()
        yield row


def _may_be_footer(cells: list[str], width: int) -> bool:
    is_first_alone = bool(cells[0].strip()) and not any(cell.strip() for cell in cells[1:])
    return len(cells) < width or is_first_alone
