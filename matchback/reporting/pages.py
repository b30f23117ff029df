"""Rendering: one jinja2 environment, everything escaped, styles and scripts inlined."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from matchback.reporting import figures, words

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: Any) -> str:  # noqa: ANN401 - what a template needs
    """Return a rendered template; undefined names are errors."""
    return _environment().get_template(template).render(**values)


def asset(name: str) -> Markup:
    """Return a stylesheet or script of ours for inlining."""
    return Markup((TEMPLATES / name).read_text(encoding="utf-8").strip())


def content_hash(text: str) -> str:
    """Return the CSP source of an inline script."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    from matchback.reporting.template_cache import template_cache

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=template_cache(Path(__file__).read_text(encoding="utf-8")),
    )
    environment.filters |= {
        name: getattr(figures, name)
        for name in (
            "amounts", "bytes_billed", "count", "day", "decimal", "entity", "gap", "masked",
            "moment", "money", "percent", "points", "seconds", "short_day", "signed", "whole",
        )
    }  # fmt: skip
    environment.filters |= {
        "defect": words.defect_words,
        "check_title": lambda check_id: words.check_words(check_id).title,
        "status_word": lambda status: words.STATUS_WORDS.get(status, status),
        "run_window": lambda run: (
            figures.span(run["window_start"], run["window_end"])
            if run["window_start"] and run["window_end"]
            else figures.NONE
        ),
    }
    return environment
