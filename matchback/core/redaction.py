"""Access tokens and webhook URLs never reach a table, a log or a message."""

import re
from typing import Any

PLACEHOLDER = "REDACTED"

# The patterns use only what RE2 knows, so that the engine redacts by the same rule. Group 1 is
# kept. A value that starts with `*` or `[` is somebody else's placeholder.
_ENCODED = r"%(?:2[0-57-9A-Fa-f]|[013-9A-Fa-f][0-9A-Fa-f])"
_ENCODED_NO_STAR = r"%(?:2[0-57-9B-Fb-f]|[013-9A-Fa-f][0-9A-Fa-f])"
_VALUE = (
    r"(?:[^\s\"'\\&<>,}#;%*\[\]]|" + _ENCODED_NO_STAR + r")"
    r"(?:[^\s\"'\\&<>,}#;%]|" + _ENCODED + r")*"
)
PATTERNS = (
    r"(?i)(access_token[\"'\\]*\s*(?:=|:|%3D|%253D)\s*[\"'\\]*)" + _VALUE,
    r"(?i)(authorization[\"'\\]*\s*[:=]\s*[\"'\\]*(?:bearer|oauth|basic|token)\s+)" + _VALUE,
    r"(?i)(\bbearer\s+)[A-Za-z0-9._~+/|-]{16,}",
    r"(^|[^A-Za-z0-9_-])EAA[A-Za-z0-9]{30,}",
    r"(?i)(https?://hooks\.slack\.com/(?:services|workflows|triggers)/)[^\s\"'\\<>]+",
    r"(^|[^A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}",
)
MARKERS = ("access_token", "bearer", "authorization", "hooks.slack.com", "xox")
_COMPILED = tuple(re.compile(pattern) for pattern in PATTERNS)
_BYTE_MARKERS = tuple(marker.encode() for marker in MARKERS)
_SECRET_KEYS = frozenset({"access_token", "authorization"})
_NO_SECRET = frozenset({"", "null", "none"})


def redact(text: str) -> str:
    """Return the text with every token and webhook URL replaced; applying it twice is the same."""
    for pattern in _COMPILED:
        text = pattern.sub(rf"\g<1>{PLACEHOLDER}", text)
    return text


def may_hold_secret(raw: bytes) -> bool:
    """Say cheaply whether a line is worth a closer look; False means that nothing is in it."""
    if b"EAA" in raw:
        return True
    lowered = raw.lower()
    return any(marker in lowered for marker in _BYTE_MARKERS)


def redact_object(value: Any) -> tuple[Any, list[str]]:  # noqa: ANN401 - any JSON value
    """Return a JSON value without secrets, and the paths (`request.data[].url`) that held one."""
    found: dict[str, None] = {}
    return _redact_part(value, "", found), list(found)


def _redact_part(value: Any, path: str, found: dict[str, None]) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {
            key: _redact_part(item, f"{path}.{key}" if path else key, found)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_redact_part(item, f"{path}[]", found) for item in value]
    if not isinstance(value, str):
        return value
    key = path.rpartition(".")[2].lower()
    clean = redact(value)
    if key in _SECRET_KEYS and _is_bare_secret(clean):
        clean = PLACEHOLDER
    if clean != value:
        found[path] = None
    return clean


def _is_bare_secret(text: str) -> bool:
    stripped = text.strip()
    return (
        stripped.lower() not in _NO_SECRET
        and PLACEHOLDER not in stripped
        and not stripped.startswith(("*", "["))
    )
