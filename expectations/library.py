"""Imports Great Expectations without what an audit of frames never touches: half of its cost."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType

# Extras of the library, which runs without them: clients of stores and databases.
ABSENT = frozenset(
    {
        "google.api_core",
        "google.auth",
        "google.cloud.bigquery",
        "google.cloud.secretmanager",
        "google.cloud.storage",
        "google.oauth2",
        "sqlalchemy",
    }
)
# Of charts and of statistical tests: loaded when one is first used.
LATE = frozenset({"altair", "scipy.stats"})


def import_great_expectations() -> None:
    """Import the library, once, for frames only; what is already imported stays as it is."""
    with _for_frames_only():
        import_module("great_expectations")


class _ForFramesOnly(MetaPathFinder):
    """Answers for the thread that made it; imports of any other go their usual way."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if threading.get_ident() != self._thread:
            return None
        if name in ABSENT:
            raise ModuleNotFoundError(f"{name} is not needed for frames", name=name)
        spec = PathFinder.find_spec(name, path) if name in LATE else None
        if spec and spec.loader:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def _for_frames_only() -> Iterator[None]:
    finder = _ForFramesOnly()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
