"""One file at a time: decide by its digest; rows, quarantine and ledger in one transaction."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.errors import SourceError
from matchback.core.window import Window
from matchback.sources.kit.errors import FileRefusedError, RowRejectedError
from matchback.sources.kit.file_loader import FileLoader
from matchback.sources.kit.files import FoundFile, brought, describe_file, folder_of, raw_digest
from matchback.sources.kit.landing_rows import (
    Attempt,
    LoadContext,
    at_once,
    forget_file,
    write_ledger,
)
from matchback.sources.kit.ledger import (
    FileOutcome,
    FileState,
    LoadCounts,
    LoadSummary,
    decide,
    needs_no_digest,
    to_reload,
    twin_of,
)
from matchback.sources.kit.objects import find_objects, is_object
from matchback.warehouse.duckdb import UNREADABLE_INPUT, DuckDBWarehouse

logger = logging.getLogger(__name__)

NO_ROWS = LoadCounts(0, 0, 0)


def refuse_empty_patterns(
    patterns: Mapping[str, str], found: Iterable[FoundFile], states: Mapping[str, FileState]
) -> None:
    """Raise SourceError for a path without files, of which no row is held from earlier either."""
    names = {file.name for file in found}
    names |= {name for name, state in states.items() if state.has_rows}
    folder = folder_of(patterns.values())
    for key, pattern in patterns.items():
        glob = pattern if is_object(pattern) else str(PurePosixPath(pattern).relative_to(folder))
        # Here a star also stands for folders.
        glob = glob.replace("**/", "*")
        if not any(fnmatchcase(name, glob) for name in names):
            raise SourceError(
                f"{key} ('{pattern}') matches no file; correct the path or put the export there."
            )


def load_files(
    source: str,
    loaders: Sequence[tuple[FileLoader, Sequence[FoundFile]]],
    context: LoadContext,
    window: Window,
    lookback_days: int,
) -> LoadSummary:
    """Load what is new or changed of one source's files; the rest is left alone."""
    states = file_states(context.warehouse, source)
    outcomes: list[FileOutcome] = []
    for loader, files in loaders:
        for file in files:
            state = states.get(file.name)
            if needs_no_digest(file, state, window, lookback_days=lookback_days):
                continue
            outcomes.append(load_file(loader, context, file, states))
        replaced = [one.file for one in outcomes if one.has_replaced_rows]
        for file in to_reload(list(files), states, replaced):
            outcomes.append(load_file(loader, context, file, states, is_forced=True))
    found = sum(len(files) for _, files in loaders)
    summary = LoadSummary.of(source, found, outcomes)
    logger.info(
        "%s: %d files, %d loaded, %d rows, %d quarantined, %d duplicate",
        source,
        found,
        summary.files_loaded,
        summary.rows_loaded,
        summary.rows_quarantined,
        summary.rows_duplicate,
    )
    return summary


def load_file(
    loader: FileLoader,
    context: LoadContext,
    file: FoundFile,
    states: dict[str, FileState],
    *,
    is_forced: bool = False,
) -> FileOutcome:
    """Load one file if its content is new; refusing it leaves its earlier rows alone."""

    def load() -> FileOutcome:
        with brought(file) as here:
            return _FileLoad(loader, context, here, states).run(is_forced=is_forced)

    return context.attempt(load)


@dataclass(frozen=True)
class _FileLoad:
    """The load of one file whose content is here."""

    loader: FileLoader
    context: LoadContext
    file: FoundFile
    states: dict[str, FileState]

    def run(self, *, is_forced: bool) -> FileOutcome:
        """Decide by the content's digest, and do it."""
        file, before = self.file, self.states.get(self.file.name)
        had_rows = before is not None and before.has_rows
        try:
            digest = self.loader.digest(file)
        except FileRefusedError as error:
            return self._refuse(before, raw_digest(file.path), str(error))
        decision = decide(file, digest, self.states)
        if is_forced:
            decision = "replace" if had_rows else "load"
        if before is not None and decision == "skip":
            self._remember_time(before)
            return FileOutcome(file, "skip")
        try:
            counts = self._write(digest, is_duplicate=decision == "duplicate")
        except FileRefusedError as error:
            return self._refuse(before, digest, str(error))
        self._note(digest, counts, has_rows=counts.rows_read > counts.rows_duplicate)
        if counts.rows_quarantined:
            logger.warning("%s: %d rows quarantined", file.name, counts.rows_quarantined)
        return FileOutcome(file, decision, counts, has_replaced_rows=had_rows)

    def _write(self, digest: str, *, is_duplicate: bool) -> LoadCounts:
        """Write the rows, quickly where that goes well."""
        if is_duplicate:
            twin = twin_of(self.file, digest, self.states)
            rows = twin.rows_read if twin else 0
            return self._replace(digest, lambda: LoadCounts(rows, 0, rows))
        if self.loader.can_be_quick(self.file):
            try:
                return self._replace(digest, lambda: self._load(careful=False))
            except (RowRejectedError, *UNREADABLE_INPUT):
                logger.info("%s: read line by line, some lines need a closer look", self.file.name)
        try:
            return self._replace(digest, lambda: self._load(careful=True))
        except UNREADABLE_INPUT as error:
            # The engine's text may quote a value of the file.
            kind = type(error).__name__
            raise FileRefusedError(f"cannot be read by the engine ({kind})") from None

    def _load(self, *, careful: bool) -> LoadCounts:
        return self.loader.load(self.context, self.file, careful=careful)

    def _replace(self, digest: str, write: Callable[[], LoadCounts]) -> LoadCounts:
        """Delete what earlier loads of the file left, write anew, and the ledger with it."""
        warehouse, loader, file = self.context.warehouse, self.loader, self.file
        with warehouse.transaction():
            of_file, parameters = loader.rows_of(file)
            warehouse.fetch_file(loader.table, file.name)
            warehouse.delete_rows(loader.table, of_file, parameters)
            forget_file(warehouse, loader.source, file.name)
            counts = write()
            write_ledger(self.context, loader.source, file, digest, counts)
        return counts

    def _remember_time(self, state: FileState) -> None:
        """Note the new time of a touched file: tomorrow its content need not be read again."""
        file = self.file
        if (state.size, state.modified_at) == (file.size, file.modified_at):
            return
        self.context.warehouse.execute(
            "update landing.load_ledger set file_size = ?, modified_at = ? "
            "where source = ? and file_name = ? and digest = ?",
            [file.size, file.modified_at, self.loader.source, file.name, state.digest],
        )
        self.states[file.name] = replace(state, size=file.size, modified_at=file.modified_at)

    def _refuse(self, before: FileState | None, digest: str | None, reason: str) -> FileOutcome:
        file = self.file
        if before and digest is not None and (before.digest, before.error) == (digest, reason):
            return FileOutcome(file, "skip")
        logger.warning("%s %s; nothing of it was loaded", file.name, reason)
        write_ledger(self.context, self.loader.source, file, digest, NO_ROWS, error=reason)
        self._note(digest, NO_ROWS, has_rows=before is not None and before.has_rows, error=reason)
        return FileOutcome(file, "load", NO_ROWS, error=reason)

    def _note(
        self, digest: str | None, counts: LoadCounts, *, has_rows: bool, error: str | None = None
    ) -> None:
        self.states[self.file.name] = FileState(
            digest=digest,
            size=self.file.size,
            modified_at=self.file.modified_at,
            rows_read=counts.rows_read,
            rows_duplicate=counts.rows_duplicate,
            error=error,
            group=self.file.group,
            has_rows=has_rows,
        )


def file_states(warehouse: DuckDBWarehouse, source: str) -> dict[str, FileState]:
    """Return what the ledger knows of each file of a source."""
    rows = warehouse.rows(
        """
        select
            file_name,
            arg_max(digest, rowid) as digest,
            arg_max(file_size, rowid) as size,
            arg_max(modified_at, rowid) as modified_at,
            arg_max(rows_read, rowid) as rows_read,
            arg_max(rows_duplicate, rowid) as rows_duplicate,
            arg_max(coalesce(error, ''), rowid) as error,
            arg_max(source_format, rowid) as source_format,
            arg_max(data_date, rowid) as data_date,
            coalesce(
                arg_max(rows_loaded + rows_quarantined, rowid) filter (where error is null), 0
            ) > 0 as has_rows
        from landing.load_ledger
        where source = ?
        group by file_name
        """,
        [source],
    )
    return {
        row["file_name"]: FileState(
            digest=row["digest"],
            size=row["size"],
            modified_at=row["modified_at"],
            rows_read=row["rows_read"],
            rows_duplicate=row["rows_duplicate"],
            error=row["error"] or None,
            group=(row["source_format"], row["data_date"] if source == "ga4" else None),
            has_rows=row["has_rows"],
        )
        for row in rows
    }


def find_source_files(
    config: Config,
    key: str,
    pattern: str,
    *,
    allow_outside: bool,
    source_format: str,
    dataset_id: str | None = None,
    all_patterns: Sequence[str] | None = None,
) -> list[FoundFile]:
    """Return the files of one configured path.

    Names are told from the folder that all patterns of the source share.
    """
    if is_object(pattern):
        return find_objects(key, pattern, source_format, dataset_id)
    paths = config.find_files(pattern, where=key, allow_outside=allow_outside)
    folder = folder_of(all_patterns or [pattern])
    base = config.root / folder
    return [
        describe_file(path, path.relative_to(base).as_posix(), source_format, dataset_id=dataset_id)
        for path in paths
    ]


def context_of(
    warehouse: DuckDBWarehouse, run_id: str, clock: Clock, attempt: Attempt = at_once
) -> LoadContext:
    """Return what the loads of one run share."""
    return LoadContext(warehouse, run_id, clock, attempt)
