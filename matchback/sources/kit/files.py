"""Bytes of a file: what it is, its content digest, its lines with their numbers."""

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from io import BufferedIOBase
from itertools import takewhile
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import BinaryIO, Literal, Protocol, cast

from matchback.sources.kit.errors import FileRefusedError, RowRejectedError

CHUNK = 4 * 2**20
MAXIMUM_LINE = 16 * 2**20
LONGEST_QUARANTINED = 64 * 2**10
SAMPLED_PER_CHUNK = 20
NOT_JSON = (b"NaN", b"Infinity")
SEAM = 8
BOM = b"\xef\xbb\xbf"
UNREADABLE = (EOFError, gzip.BadGzipFile, zlib.error, OSError)
Group = tuple[str, date | None]
Container = Literal["text", "gzip", "parquet", "avro"]
# `bq extract` writes twelve digits where the star stood.
_DATE = re.compile(r"(?<!\d)(20\d{2})([-_]?)(\d{2})\2(\d{2})(?:\d{12})?(?!\d)")
_GZIP, _PARQUET, _AVRO = b"\x1f\x8b", b"PAR1", b"Obj\x01"


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""


class RemoteFile(Protocol):
    """A file that lies elsewhere."""

    def fetch(self, folder: Path) -> Path:
        """Bring its content into a folder; SourceError when that fails."""


@dataclass(frozen=True)
class FoundFile:
    """A file of a source as it lies there now; `name` is its path below the pattern's folder."""

    path: Path
    name: str
    source_format: str
    data_date: date | None = None
    export_kind: str | None = None
    dataset_id: str | None = None
    size: int = 0
    modified_at: datetime | None = None
    remote: RemoteFile | None = None

    @property
    def group(self) -> Group:
        """Files of one group are shards: a row that two of them hold is loaded once."""
        return self.source_format, self.data_date if self.export_kind else None


@dataclass
class Line:
    """One line: its number from 1 and its bytes, cut when it is longer than any row may be."""

    number: int
    raw: bytes
    is_cut: bool = field(default=False)


@contextmanager
def brought(file: FoundFile) -> Iterator[FoundFile]:
    """Have a file's content here while the block runs; what was brought is removed."""
    if file.remote is None:
        yield file
        return
    with TemporaryDirectory(prefix="matchback-") as folder:
        yield replace(file, path=file.remote.fetch(Path(folder)), remote=None)


def describe_file(
    path: Path,
    name: str,
    source_format: str,
    *,
    dataset_id: str | None = None,
    export_kind: str | None = None,
) -> FoundFile:
    """Return a file with its size, time and the date that its name carries."""
    status = path.stat()
    return FoundFile(
        path=path,
        name=name,
        source_format=source_format,
        data_date=date_in_name(path.name),
        export_kind=export_kind,
        dataset_id=dataset_id,
        size=status.st_size,
        modified_at=datetime.fromtimestamp(status.st_mtime, UTC).replace(tzinfo=None),
    )


def date_in_name(name: str) -> date | None:
    """Return the date in a file name (`events_20261112_000.parquet`), the last when several."""
    for match in reversed(list(_DATE.finditer(name))):
        try:
            return date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
    return None


def folder_of(patterns: Iterable[str]) -> PurePosixPath:
    """Return the fixed folder that all patterns share; file names are told from there."""
    folders = [
        tuple(takewhile(lambda part: not re.search(r"[*?\[]", part), PurePosixPath(pattern).parts))
        for pattern in patterns
    ]
    folders = [
        parts[:-1] if parts == PurePosixPath(pattern).parts else parts
        for parts, pattern in zip(folders, patterns, strict=True)
    ]
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False))
    return PurePosixPath(*(parts[0] for parts in shared))


def container_of(path: Path) -> Container:
    """Say what a file is by its first bytes; FileRefusedError when its name says otherwise."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
    except OSError as error:
        raise FileRefusedError(f"cannot be read ({type(error).__name__})") from None
    if not head:
        raise FileRefusedError("is empty")
    suffix = path.suffix.lower()
    found: Container = "text"
    if head.startswith(_GZIP):
        found = "gzip"
    elif head == _PARQUET:
        found = "parquet"
    elif head == _AVRO:
        found = "avro"
    promised = {".parquet": "parquet", ".avro": "avro", ".gz": "gzip"}.get(suffix)
    if promised is not None and promised != found:
        raise FileRefusedError(f"is named {suffix} but holds no {promised} data")
    if promised is None and found in ("parquet", "avro"):
        raise FileRefusedError(f"holds {found} data but is not named .{found}")
    return found


@contextmanager
def opened(path: Path, container: Container) -> Iterator[BinaryIO]:
    """Open a file for reading what it holds, decompressed; FileRefusedError when that fails."""
    try:
        with gzip.open(path) if container == "gzip" else path.open("rb") as stream:
            yield cast(BinaryIO, stream)
    except UNREADABLE as error:
        raise FileRefusedError(_reason(error)) from None


def content_digest(path: Path, container: Container) -> str:
    """Return the SHA-256 of the decompressed content."""
    with opened(path, container) as stream:
        return hashlib.file_digest(cast(BufferedIOBase, stream), "sha256").hexdigest()


def raw_digest(path: Path) -> str | None:
    """Return a digest of a file that cannot be decompressed; None when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return f"raw:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
    except OSError:
        return None


def lines_of(stream: Readable) -> Iterator[Line]:
    """Yield the lines that are not blank, without line ends and byte order mark."""
    number, carry, skips = 0, b"", False
    while chunk := stream.read(CHUNK):
        parts = (carry + chunk).split(b"\n")
        carry = parts.pop()
        for part in parts:
            number += 1
            line = Line(number, part, is_cut=skips or len(part) > MAXIMUM_LINE)
            skips = False
            if cleaned := _cleaned(line):
                yield cleaned
        if skips or len(carry) > MAXIMUM_LINE:
            carry, skips = carry[:LONGEST_QUARANTINED], True
    if cleaned := _cleaned(Line(number + 1, carry, is_cut=skips)):
        yield cleaned


def sampled_lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield some lines of every chunk; RowRejectedError when NaN or Infinity is anywhere."""
    tail = b""
    while chunk := stream.read(CHUNK):
        seam = tail + chunk[: len(tail)]
        if any(word in part for word in NOT_JSON for part in (chunk, seam)):
            raise RowRejectedError("holds a word that JSON does not allow, or quotes it")
        tail = chunk[-SEAM:]
        # The first part may begin, the last may end in the middle of a line.
        yield from (raw for raw in chunk.split(b"\n", SAMPLED_PER_CHUNK + 1)[1:-1] if raw.strip())


def _cleaned(line: Line) -> Line | None:
    if line.number == 1:
        line.raw = line.raw.removeprefix(BOM)
    if line.is_cut:
        line.raw = line.raw[:LONGEST_QUARANTINED]
        return line
    line.raw = line.raw.strip(b" \t\r\v\f")
    return line if line.raw else None


def _reason(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "is cut off: the compressed data ends early"
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return "holds damaged gzip data"
    return f"cannot be read ({type(error).__name__})"
