"""Write what a run leaves for people: the report page and the audit."""

import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from markupsafe import Markup

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.reporting import figures, pages
from matchback.reporting.audit import audit_html, audit_markdown
from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import REPORT, summary
from matchback.warehouse.base import Warehouse

REPORT_NAME = "index.html"
AUDIT_NAME = "SERVER-SIDE-TRACKING-AUDIT.md"
AUDIT_PAGE_NAME = "SERVER-SIDE-TRACKING-AUDIT.html"
DBT_DOCS_NAME = "dbt_docs.html"
SCHEMA_DOCS_NAME = "schema_docs.html"
DATA_DOCS_NAME = "data_docs/index.html"


@dataclass(frozen=True)
class ReportPaths:
    """Where the written pages lie."""

    report: Path
    audit: Path
    audit_page: Path


def write_report(
    warehouse: Warehouse,
    config: Config,
    run_id: str,
    clock: Clock,
    folder: Path,
    *,
    prefect_url: str | None = None,
) -> ReportPaths:
    """Write the report and the audit of a published run; a page is replaced whole or not at all.

    ReportError when the run published no check results.
    """
    run = ReportedRun(warehouse, config, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    paths = ReportPaths(folder / REPORT_NAME, folder / AUDIT_NAME, folder / AUDIT_PAGE_NAME)
    audit = audit_markdown(run)
    _replace(paths.report, report_html(run, clock, _links(folder, prefect_url)))
    _replace(paths.audit, audit)
    _replace(paths.audit_page, audit_html(run, audit))
    return paths


def report_html(run: ReportedRun, clock: Clock, links: list[tuple[str, str]]) -> str:
    """Return the report as one self-contained page."""
    script = pages.asset("readout.js")
    time_zone = run.config.property.timezone
    parts = pages.render_parts(REPORT, run, "report/{}.html.j2", links=links, time_zone=time_zone)
    return pages.render(
        "index.html.j2",
        run=run,
        summary=run.view(summary.build),
        parts=parts,
        body=Markup("\n\n").join(Markup(part.text) for part in parts),
        style=pages.asset("style.css"),
        script=script,
        script_hash=pages.content_hash(script),
        window=figures.span(run.window_start, run.window_end),
        provisional_from=_provisional_from(run, clock),
    )


def _provisional_from(run: ReportedRun, clock: Clock) -> date | None:
    """Return the first date of the window that may still change."""
    first_open = clock.last_final_date(run.config.zone) + timedelta(days=1)
    return None if first_open > run.window_end else max(first_open, run.window_start)


def _links(folder: Path, prefect_url: str | None) -> list[tuple[str, str]]:
    """Return the documents beside the report that exist, with relative addresses."""
    links = [("tracking audit", AUDIT_PAGE_NAME)]
    if (folder / DBT_DOCS_NAME).exists():
        links.append(("table documentation", DBT_DOCS_NAME))
    if (folder / SCHEMA_DOCS_NAME).exists():
        links.append(("schemas of sources and config", SCHEMA_DOCS_NAME))
    if (folder / DATA_DOCS_NAME).exists():
        links.append(("data quality results", DATA_DOCS_NAME))
    if prefect_url and prefect_url.startswith(("http://", "https://")):
        links.append(("this run in Prefect", prefect_url))
    return links


def _replace(path: Path, text: str) -> None:
    """Write a file beside its place, then move it there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
