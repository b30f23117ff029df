"""What the ledger knows of each file, and what is to be done with a file as it lies there now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from matchback.core.window import Window
from matchback.sources.kit.files import FoundFile, Group

Decision = Literal["skip", "load", "replace", "duplicate"]

# Grain: one row per source and file, its newest load that went well.
NEWEST_LOADS = """(
    select source, file_name, digest, data_date, file_size, modified_at, notes
    from (
        select
            source, file_name, digest, data_date, file_size, modified_at, notes,
            row_number() over (
                partition by source, file_name order by loaded_at desc, run_id desc
            ) as recency
        from landing.load_ledger
        where error is null
    ) as ranked
    where recency = 1
)"""


@dataclass(frozen=True)
class FileState:
    """The newest ledger row of a file, and whether rows of it may stand in landing."""

    digest: str | None
    size: int | None
    modified_at: datetime | None
    rows_read: int
    rows_duplicate: int
    error: str | None
    group: Group
    has_rows: bool


@dataclass(frozen=True)
class LoadCounts:
    """Rows of one load, read = loaded + quarantined + duplicate + suppressed, and its notes."""

    rows_read: int
    rows_quarantined: int
    rows_duplicate: int
    rows_suppressed: int = 0
    notes: tuple[str, ...] = ()

    @property
    def rows_loaded(self) -> int:
        """Rows that stand in landing because of this load."""
        left = self.rows_read - self.rows_quarantined - self.rows_duplicate
        return left - self.rows_suppressed


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file in this run."""

    file: FoundFile
    decision: Decision
    counts: LoadCounts = LoadCounts(0, 0, 0)
    error: str | None = None
    has_replaced_rows: bool = False


@dataclass(frozen=True)
class LoadSummary:
    """What one source's load did; counts are of the files read in this run."""

    source: str
    files_found: int
    files_loaded: int
    files_refused: int
    rows_read: int
    rows_loaded: int
    rows_quarantined: int
    rows_duplicate: int

    @classmethod
    def of(cls, source: str, files_found: int, outcomes: list[FileOutcome]) -> "LoadSummary":
        """Sum the outcomes of a source's files."""
        return cls(
            source=source,
            files_found=files_found,
            files_loaded=sum(
                one.error is None and one.decision in ("load", "replace") for one in outcomes
            ),
            files_refused=sum(one.error is not None for one in outcomes),
            rows_read=sum(one.counts.rows_read for one in outcomes),
            rows_loaded=sum(one.counts.rows_loaded for one in outcomes),
            rows_quarantined=sum(one.counts.rows_quarantined for one in outcomes),
            rows_duplicate=sum(one.counts.rows_duplicate for one in outcomes),
        )


def needs_no_digest(
    file: FoundFile, state: FileState | None, window: Window, *, lookback_days: int
) -> bool:
    """Say whether a file may be taken as unchanged by its size and time alone.

    Only outside the window: there a rewritten file with the same size and time would be noticed
    late, inside it never.
    """
    if state is None or state.digest is None or file.data_date is None:
        return False
    if state.group != file.group:
        # It is to be read in another way now.
        return False
    is_near = (window.start - file.data_date).days <= lookback_days and (
        file.data_date - window.end
    ).days <= lookback_days
    return not is_near and (file.size, file.modified_at) == (state.size, state.modified_at)


def decide(file: FoundFile, digest: str, states: dict[str, FileState]) -> Decision:
    """Say what to do with a file of this content."""
    state = states.get(file.name)
    if state is not None and state.digest == digest and state.group == file.group:
        return "skip"
    if twin_of(file, digest, states) is not None:
        return "duplicate"
    return "replace" if state is not None and state.has_rows else "load"


def twin_of(file: FoundFile, digest: str, states: dict[str, FileState]) -> FileState | None:
    """Return the state of another file with the same content whose rows stand in landing."""
    for name, state in states.items():
        if (
            name != file.name
            and state.digest == digest
            and state.group == file.group
            and state.error is None
            and state.has_rows
        ):
            return state
    return None


def to_reload(
    files: list[FoundFile], states: dict[str, FileState], replaced: list[FoundFile]
) -> list[FoundFile]:
    """Return present files whose duplicates may have stood in a file that was replaced since."""
    return [
        file
        for file in files
        if any(other.group == file.group and other.name != file.name for other in replaced)
        and (state := states.get(file.name)) is not None
        and state.error is None
        and state.rows_duplicate > 0
    ]
