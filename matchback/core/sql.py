"""Pieces of engine SQL that the loads share: names, literals, and the redaction rule."""

from matchback.core.redaction import PATTERNS, PLACEHOLDER

# Whatever a pattern can match holds one of these; `contains` is far cheaper than the patterns.
MARKERS = ("access_token", "hooks.slack", "earer ", "uthorization", "xox", "EAA")


def quote(name: str) -> str:
    """Return an identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a SQL text literal."""
    return "'" + text.replace("'", "''") + "'"


def redacted(text: str) -> str:
    """Return SQL that redacts a text expression by the one rule of matchback.core.redaction."""
    for pattern in PATTERNS:
        text = f"regexp_replace({text}, {literal(pattern)}, '\\1{PLACEHOLDER}', 'g')"
    return text


def may_leak(text: str) -> str:
    """Return cheap SQL that says whether a text is worth a closer look."""
    return "(" + " or ".join(f"contains({text}, {literal(marker)})" for marker in MARKERS) + ")"
