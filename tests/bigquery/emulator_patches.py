"""What bqemulator does otherwise than BigQuery, corrected in its own process."""

from typing import Any

from bqemulator.storage.engine import DuckDBEngine
from bqemulator.versioning.snapshots import SnapshotManager


def patch_emulator() -> None:
    """Correct the emulator; call it before a server starts."""
    # Extensions would be downloaded; nothing here needs them.
    DuckDBEngine._load_spatial = _nothing
    DuckDBEngine._load_format_extensions = _nothing
    # Time travel copies a table after every change.
    SnapshotManager.record_change = _nothing


def _nothing(*_: Any, **__: Any) -> None:
    """Stand in for a step that is left out."""
