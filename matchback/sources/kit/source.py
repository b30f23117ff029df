"""How a source declares itself: its key in matchback.yml, and what of it is there to be loaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matchback.config import Config
from matchback.core.window import Window
from matchback.sources.kit.file_loader import FileLoader
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.landing_rows import LoadContext
from matchback.sources.kit.ledger import LoadSummary
from matchback.warehouse.base import Warehouse

FoundFiles = Sequence[tuple[FileLoader, Sequence[FoundFile]]]


FindTables = Callable[[Config, Window], FoundFiles]
LoadInside = Callable[[Config, Warehouse, LoadContext, Window], LoadSummary | None]


@dataclass(frozen=True)
class Source:
    """One source; `name` is its key in matchback.yml and what the ledger calls it.

    `files` finds what lies in files, or is read whole and without a window, each with its loader;
    `tables` what BigQuery holds near the window. `load_inside` copies rows that lie in the
    warehouse's own engine; it returns None when there are none.
    """

    name: str
    files: Callable[[Config], FoundFiles]
    tables: FindTables = lambda *_: ()
    load_inside: LoadInside = lambda *_: None

    def is_configured(self, config: Config) -> bool:
        """Say whether matchback.yml names it."""
        return bool(getattr(config.sources, self.name))
