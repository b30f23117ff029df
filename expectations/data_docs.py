"""Great Expectations' Data Docs in a page that needs no network.

The library's site builder renders the answers; its stock page loads styles and scripts from seven
hosts, and its stock index is an empty table without them. So the site is given these two views.
"""

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from great_expectations.render.view import DefaultJinjaIndexPageView, DefaultJinjaPageView

if TYPE_CHECKING:
    from great_expectations.data_context import AbstractDataContext

SITE = "matchback"
TEMPLATES = Path(__file__).parent / "templates"

logger = logging.getLogger(__name__)


class OfflinePage(DefaultJinjaPageView):
    """The page of one suite."""

    def render(self, document: Any, template: str | None = None, **kwargs: Any) -> str:  # noqa: ANN401
        """Render the library's sections in our page."""
        page = template or "offline_page.j2"
        return str(super().render(document, template=page, **kwargs))  # type: ignore[no-untyped-call]


class OfflineIndex(DefaultJinjaIndexPageView):
    """The list of suites, and of those that had nothing to judge."""

    def __init__(self, skipped: Mapping[str, str], **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(**kwargs)
        self._skipped = skipped

    def render(self, document: Any, template: str | None = None, **kwargs: Any) -> str:  # noqa: ANN401
        """Render the library's list of results in our page."""
        page = template or "offline_index.j2"
        kwargs["skipped"] = self._skipped
        return str(super().render(document, template=page, **kwargs))  # type: ignore[no-untyped-call]


def write_data_docs(
    context: "AbstractDataContext", folder: Path, skipped: Mapping[str, str]
) -> Path | None:
    """Replace the folder by the pages of this run and return its index; None when it cannot."""
    fresh = folder.with_name(folder.name + ".new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        # The library's own type of a site is incomplete, as it says.
        context.add_data_docs_site(SITE, _site(fresh, skipped))  # type: ignore[arg-type]
        context.build_data_docs(site_names=[SITE])
        # Fonts and pictures of the stock page.
        shutil.rmtree(fresh / "static", ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    except OSError as error:
        logger.warning("The Data Docs could not be written (%s).", type(error).__name__)
        return None
    return folder / "index.html"


def _site(folder: Path, skipped: Mapping[str, str]) -> dict[str, Any]:
    views = {"module_name": __name__, "custom_views_directory": str(TEMPLATES)}
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder),
        },
        "site_index_builder": {
            "class_name": "DefaultSiteIndexBuilder",
            "view": {**views, "class_name": "OfflineIndex", "skipped": dict(skipped)},
        },
        "site_section_builders": {
            "expectations": "None",
            "profiling": "None",
            "validations": {
                "class_name": "DefaultSiteSectionBuilder",
                "view": {**views, "class_name": "OfflinePage"},
            },
        },
    }
