"""Files of one JSON object a line into one landing table: delivery logs and the consent log."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flows.loading.errors import RowRejectedError
from flows.loading.json_rows import parse_line
from flows.loading.ledger import LoadCounts
from flows.loading.reading import (
    FoundFile,
    Line,
    container_of,
    content_digest,
    lines_of,
    opened,
    sampled_lines,
)
from flows.tasks.landing_rows import (
    LandingTable,
    LoadContext,
    Quarantine,
    collecting_rows,
    drop_doubled_rows,
)

ParseRow = Callable[[bytes], dict[str, Any]]
RelationFor = Callable[[str, list[dict[str, Any]]], str]
QUICK_FROM_BYTES = {"gzip": 2 * 2**20, "text": 24 * 2**20}


@dataclass(frozen=True)
class LineLoader:
    """Loads line files of one source and format."""

    source: str
    table: str
    moment: str
    parser_for: Callable[[FoundFile], ParseRow]
    relation_for: RelationFor | None = None

    def digest(self, file: FoundFile) -> str:
        """Return the digest of the decompressed content."""
        return content_digest(file.path, container_of(file.path))

    def load(self, context: LoadContext, file: FoundFile, *, careful: bool) -> LoadCounts:
        """Write the rows of one file; part of the caller's transaction."""
        if not careful:
            return self._load_quickly(context, file)
        rows = LandingTable(context, self.table, file, self.moment)
        rejected = Quarantine(context, self.source, file)
        parse = self.parser_for(file)
        with opened(file.path, container_of(file.path)) as stream, collecting_rows():
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
        doubled = drop_doubled_rows(rows, self.moment)
        return LoadCounts(rows.count + rejected.count, rejected.count, doubled)

    def rows_of(self, file: FoundFile) -> tuple[str, dict[str, Any]]:
        """Return the condition that names the rows of a file."""
        return "file_name = $file_name", {"file_name": file.name}

    def can_be_quick(self, file: FoundFile) -> bool:
        """Say whether the engine shall try to read the lines of a large file by itself."""
        smallest = QUICK_FROM_BYTES.get(container_of(file.path))
        return self.relation_for is not None and smallest is not None and file.size >= smallest

    def _load_quickly(self, context: LoadContext, file: FoundFile) -> LoadCounts:
        warehouse = context.warehouse
        with opened(file.path, container_of(file.path)) as stream:
            sample = [parse_line(Line(0, raw)) for raw in sampled_lines(stream)]
        relation = (self.relation_for or _no_relation)(str(file.path), sample)
        warehouse.execute(
            f"insert into {self.table} by name select *, $dataset_id as configured_dataset_id, "
            f"$file_name as file_name, $run_id as run_id from ({relation})",
            {
                "dataset_id": file.dataset_id,
                "file_name": file.name,
                "run_id": context.run_id,
            },
        )
        [bounds] = warehouse.rows(
            f"select count(*) as row_count, min({self.moment}) as first, "
            f"max({self.moment}) as last from {self.table} where file_name = ?",
            [file.name],
        )
        rows = LandingTable(
            context,
            self.table,
            file,
            self.moment,
            count=bounds["row_count"],
            first_moment=bounds["first"],
            last_moment=bounds["last"],
        )
        return LoadCounts(rows.count, 0, drop_doubled_rows(rows, self.moment))

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


def _no_relation(path: str, sample: list[dict[str, Any]]) -> str:
    raise RowRejectedError("this format is read line by line")
