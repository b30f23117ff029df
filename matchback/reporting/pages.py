"""Rendering: one jinja2 environment, everything escaped, styles and scripts inlined."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from matchback.quality.checks import check_named
from matchback.reporting import figures, markdown, words
from matchback.reporting.run import HISTORY_DAYS, ROW_CAP, ReportedRun
from matchback.reporting.sections import Section, trends
from matchback.reporting.sections.runs import Run
from matchback.reporting.sections.steps import worst_status

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Part:
    """A section as it is written."""

    section: Section
    text: str


def render(template: str, **values: object) -> str:
    """Return a rendered template; undefined names are errors."""
    return _environment().get_template(template).render(**values)


def render_parts(
    sections: Iterable[Section], run: ReportedRun, templates: str, **values: object
) -> list[Part]:
    """Return the sections that have something to show; `templates` names theirs with {}."""
    values |= {
        "run": run,
        "window": figures.span(run.window_start, run.window_end),
        "home": run.config.property.currency,
        "several_datasets": run.view(trends.has_several_datasets),
    }
    return [
        Part(section, render(templates.format(section.name), section=view, **values))
        for section in sections
        if (view := run.view(section.build)) is not None
    ]


def asset(name: str) -> Markup:
    """Return a stylesheet or script of ours for inlining."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8").strip())


def content_hash(text: str) -> str:
    """Return the CSP source of an inline script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _run_window(run: Run) -> str:
    if run.window_start is None or run.window_end is None:
        return figures.NONE
    return figures.span(run.window_start, run.window_end)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        name: getattr(figures, name)
        for name in (
            "amounts", "bytes_billed", "count", "day", "decimal", "entity", "gap", "masked",
            "moment", "money", "percent", "points", "seconds", "short_day", "signed", "whole",
        )
    }  # fmt: skip
    environment.filters |= {"defect": words.defect_words, "run_window": _run_window}
    environment.filters["check_title"] = lambda check_id: check_named(check_id).title
    environment.filters["status_word"] = lambda status: words.STATUS_WORDS.get(status, status)
    environment.globals |= {
        "results": words.RESULT_WORDS,
        "defect_fixes": words.DEFECT_FIXES,
        "worst_status": worst_status,
        "bar": markdown.text_bar,
        "md": markdown.markdown_text,
        "node": markdown.mermaid_text,
        "history_days": HISTORY_DAYS,
        "row_cap": ROW_CAP,
    }
    return environment
