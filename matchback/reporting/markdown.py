"""How texts stand in Markdown and Mermaid: none of them is markup."""

import re

from markupsafe import escape

from matchback.reporting import figures

BAR_CELLS = 20
LINE_BREAKS = re.compile(r"[\s\x00-\x1f]*[\r\n\x85\u2028\u2029]+\s*")
MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def text_bar(share: float | None) -> str:
    """Return a bar of text cells for a share of 1."""
    filled = round((share or 0.0) * BAR_CELLS)
    return "█" * filled + "░" * (BAR_CELLS - filled)


def markdown_text(text: object) -> str:
    """Return text that Markdown shows as it is: no markup, no table break, no link, no e-mail."""
    return MARKDOWN_SPECIAL.sub(r"\\\1", _on_one_line(text))


def mermaid_text(text: object) -> str:
    """Return a Mermaid label: quoted, with its special characters as entities."""
    safe = str(escape(_on_one_line(text))).replace("&#34;", "#quot;").replace("&", "#")
    safe = safe.replace("`", "'").replace("|", "#124;")
    return f'"{safe}"'


def _on_one_line(text: object) -> str:
    return LINE_BREAKS.sub(" ", figures.masked(str(text or ""))).strip()
