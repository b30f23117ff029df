"""Files of JSON rows into one landing table: delivery logs and the consent log."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any

from matchback.sources.kit.containers import IsRow, json_rows
from matchback.sources.kit.errors import RowRejectedError
from matchback.sources.kit.file_loader import FileLoader
from matchback.sources.kit.files import FoundFile, container_of, opened
from matchback.sources.kit.json_rows import is_large_log, parse_line
from matchback.sources.kit.landing_rows import (
    LandingTable,
    LoadContext,
    Quarantine,
    collecting_rows,
    drop_doubled_rows,
)
from matchback.sources.kit.ledger import LoadCounts

ParseRow = Callable[[bytes], dict[str, Any]]
RelationFor = Callable[[FoundFile], str]
QUICK_FROM_BYTES = {"gzip": 64 * 2**10, "text": 2**20}


@dataclass(frozen=True)
class LineLoader(FileLoader):
    """Loads files of JSON rows; `is_row` tells one from what wraps rows."""

    moment: str
    is_row: IsRow
    parser_for: Callable[[FoundFile], ParseRow]
    relation_for: RelationFor | None = None

    def load(self, context: LoadContext, file: FoundFile, *, careful: bool) -> LoadCounts:
        """Write the rows of one file; part of the caller's transaction."""
        if careful or self.relation_for is None:
            rows = LandingTable(context, self.table, file, self.moment)
            rejected = self._read(rows)
        else:
            rows, odd = self._read_by_the_engine(context, file, self.relation_for(file))
            rejected = self._read(rows, odd) if odd else Quarantine(context, self.source, file)
        doubled = drop_doubled_rows(rows, self.moment)
        return LoadCounts(rows.count + rejected.count, rejected.count, doubled)

    def can_be_quick(self, file: FoundFile) -> bool:
        """Say whether the engine shall try to read the lines of a large file by itself."""
        return self.relation_for is not None and is_large_log(file, QUICK_FROM_BYTES, self.is_row)

    def _read(self, rows: LandingTable, wanted: Container[int] | None = None) -> Quarantine:
        """Read a file line by line, or some of its lines: each becomes a row or is rejected."""
        file = rows.file
        rejected = Quarantine(rows.context, self.source, file)
        parse = self.parser_for(file)
        with opened(file.path, container_of(file.path)) as stream, collecting_rows():
            for line in json_rows(stream, self.is_row):
                if wanted is not None and line.number not in wanted:
                    continue
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
        return rejected

    def _read_by_the_engine(
        self, context: LoadContext, file: FoundFile, relation: str
    ) -> tuple[LandingTable, set[int]]:
        """Write the rows of the plain lines; the numbers of the others are for a closer look."""
        warehouse, (of_file, parameters) = context.warehouse, self.rows_of(file)
        constants = {"file_name": file.name, "run_id": context.run_id}
        if file.dataset_id is not None:
            constants["configured_dataset_id"] = file.dataset_id
        named = ", ".join(f"${name} as {name}" for name in constants)
        warehouse.execute(
            f"insert into {self.table} by name select *, {named} from ({relation})", constants
        )
        odd = f"{of_file} and {self.moment} is null"
        numbers = warehouse.rows(f"select row_number from {self.table} where {odd}", parameters)
        if numbers:
            warehouse.execute(f"delete from {self.table} where {odd}", parameters)
        [plain] = warehouse.rows(
            f"select count(*) as row_count, min({self.moment}) as first_moment, "
            f"max({self.moment}) as last_moment from {self.table} where {of_file}",
            parameters,
        )
        rows = LandingTable(
            context,
            self.table,
            file,
            self.moment,
            count=plain["row_count"],
            first_moment=plain["first_moment"],
            last_moment=plain["last_moment"],
        )
        return rows, {row["row_number"] for row in numbers}

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
