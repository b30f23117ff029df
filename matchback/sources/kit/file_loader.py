"""What a source brings to load its files: how one is told, and how its rows are written."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from matchback.sources.kit.files import FoundFile, container_of, content_digest
from matchback.sources.kit.landing_rows import LoadContext
from matchback.sources.kit.ledger import LoadCounts


@dataclass(frozen=True)
class FileLoader(ABC):
    """Loads files into a landing table; `only_format` when it reads only those of its source."""

    source: str
    table: str
    only_format: str | None = field(default=None, kw_only=True)

    def digest(self, file: FoundFile) -> str:
        """Return the digest of the decompressed content; FileRefusedError when there is none."""
        return content_digest(file.path, container_of(file.path))

    def rows_of(self, file: FoundFile) -> tuple[str, dict[str, Any]]:
        """Return the condition that names the rows of a file in `table`."""
        return "file_name = $file_name", {"file_name": file.name}

    def can_be_quick(self, file: FoundFile) -> bool:
        """Say whether a first, less careful try is worth it."""
        return False

    @abstractmethod
    def load(self, context: LoadContext, file: FoundFile, *, careful: bool) -> LoadCounts:
        """Write the rows of one file inside the caller's transaction."""

    def replay(self, context: LoadContext, file: FoundFile, texts: dict[int, str]) -> set[int]:
        """Load corrected quarantined rows likewise; return the numbers that are in landing now."""
        return set()
