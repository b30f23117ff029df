"""Files of one JSON object a line into one landing table: delivery logs and the consent log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flows.loading.errors import RowRejectedError
from flows.loading.json_rows import parse_line
from flows.loading.ledger import LoadCounts
from flows.loading.reading import FoundFile, container_of, content_digest, lines_of, opened
from flows.tasks.landing_rows import (
    LandingTable,
    LoadContext,
    Quarantine,
    drop_rows_of_other_files,
)

ParseRow = Callable[[bytes], dict[str, Any]]


@dataclass(frozen=True)
class LineLoader:
    """Loads line files of one source and format."""

    source: str
    table: str
    moment: str
    parser_for: Callable[[FoundFile], ParseRow]

    def digest(self, file: FoundFile) -> str:
        """Return the digest of the decompressed content."""
        return content_digest(file.path, container_of(file.path))

    def load(self, context: LoadContext, file: FoundFile, *, careful: bool) -> LoadCounts:
        """Write the rows of one file; part of the caller's transaction."""
        rows = LandingTable(context, self.table, file, self.moment)
        rejected = Quarantine(context, self.source, file)
        parse = self.parser_for(file)
        with opened(file.path, container_of(file.path)) as stream:
            for line in lines_of(stream):
                try:
                    if line.is_cut:
                        parse_line(line)
                    row = parse(line.raw)
                except RowRejectedError as error:
                    rejected.add(line.number, str(error), line.raw)
                else:
                    rows.add(line.number, row)
        rows.flush()
        rejected.flush()
        doubled = drop_rows_of_other_files(rows, self.moment)
        return LoadCounts(rows.count + rejected.count, rejected.count, doubled)

    def rows_of(self, file: FoundFile) -> tuple[str, dict[str, Any]]:
        """Return the condition that names the rows of a file."""
        return "file_name = $file_name", {"file_name": file.name}

    def can_be_quick(self, file: FoundFile) -> bool:
        """Lines are always read with care."""
        return False

    def replay(self, context: LoadContext, file: FoundFile, texts: dict[int, str]) -> set[int]:
        """Load corrected quarantined lines; return the numbers that are in landing now."""
        rows = LandingTable(context, self.table, file)
        parse = self.parser_for(file)
        done: set[int] = set()
        for number, text in texts.items():
            try:
                row = parse(text.encode())
            except RowRejectedError:
                continue
            rows.add(number, row)
            done.add(number)
        rows.flush()
        return done
