"""Data Docs that need no network: Great Expectations' own result pages in a plain frame.

Its stock site builder loads styles, scripts and a logo from seven hosts, and without them its
index is an empty table; so the index and the page around the results are ours.
"""

import logging
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchback.expectations.results import SuiteResult

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.view import DefaultJinjaPageView

    from matchback.core.window import Window

TEMPLATES = Path(__file__).parent / "templates"
INDEX = "index.html"

logger = logging.getLogger(__name__)


@cache
def load_renderer() -> "tuple[Any, DefaultJinjaPageView]":
    """Return the library's page renderer and view; its templates are compiled once."""
    from great_expectations.render.renderer import ValidationResultsPageRenderer
    from great_expectations.render.view import DefaultJinjaPageView

    view = DefaultJinjaPageView(custom_views_directory=str(TEMPLATES))
    view.env.get_template("suite.html")
    return ValidationResultsPageRenderer(run_info_at_end=False), view


class DataDocs:
    """Collects the pages of one run and writes them as one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries: list[tuple[SuiteResult, str | None]] = []
        self._pages: dict[str, str] = {}

    def add(self, result: SuiteResult, answer: "ExpectationSuiteValidationResult | None") -> None:
        """Render the page of a suite that was evaluated; others stand in the index only."""
        page = f"{result.name}.html" if answer is not None else None
        if page is not None and answer is not None:
            renderer, view = load_renderer()
            _, *sections = renderer.render(answer).to_json_dict()["sections"]
            self._pages[page] = view.env.get_template("suite.html").render(
                result=result, sections=sections
            )
        self._entries.append((result, page))

    def write(self, run_id: str, window: "Window") -> Path | None:
        """Replace the folder by the pages of this run and return its index; None when it cannot."""
        _, view = load_renderer()
        self._pages[INDEX] = view.env.get_template("index.html").render(
            entries=self._entries, run_id=run_id, window=window
        )
        try:
            self._replace_folder()
        except OSError as error:
            logger.warning("The Data Docs could not be written (%s).", type(error).__name__)
            return None
        return self._folder / INDEX

    def _replace_folder(self) -> None:
        fresh = self._folder.with_name(self._folder.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name, page in self._pages.items():
            (fresh / name).write_text(page, encoding="utf-8")
        if self._folder.exists():
            shutil.rmtree(self._folder)
        fresh.rename(self._folder)
