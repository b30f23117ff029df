"""Undo the encodings in which personal data hides: percent, entities, escapes, base64, JWT."""

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

MAX_LENGTH = 1 << 20
MAX_ROUNDS = 16

# Base64 of plain ASCII shows that the high bit of each byte is clear: in three of four characters.
ASCII_GROUP = "[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9+/_-]"
_BASE64 = re.compile(
    rf"(?<![A-Za-z0-9+_-])(?:{ASCII_GROUP}){{4,}}[A-Za-z0-9+/_-]{{0,3}}(?![A-Za-z0-9+/_-])"
)
_BASE64_JSON = re.compile(r"(?<![A-Za-z0-9+_-])e[yw][A-Za-z0-9+/_-]{10,}")
_NESTED_PERCENT = re.compile(r"%(?:25)+(?=[0-9A-Fa-f]{2})")
_NESTED_ENTITY = re.compile(r"&(?:amp;)+(?=#?\w{1,8};)")
_ESCAPED_UNICODE = re.compile(r"\\+u([0-9A-Fa-f]{4})")
_ESCAPED_MARK = re.compile(r"\\+([\"/'])")
_ESCAPED_SPACE = re.compile(r"\\+[nrt](?![A-Za-z]{2})")
_AT_IN_WORDS = re.compile(r"\s?[\[({]\s?at\s?[\])}]\s?", re.IGNORECASE)
_DOT_IN_WORDS = re.compile(r"\s?[\[({]\s?dot\s?[\])}]\s?", re.IGNORECASE)


def decode(text: str) -> str:
    """Return the text with every layer of encoding undone; doing it again changes nothing."""
    text = text[:MAX_LENGTH]
    for _ in range(MAX_ROUNDS):
        decoded = _decode_once(text)
        if decoded == text:
            break
        text = decoded
    return text


def hidden_texts(text: str) -> Iterator[str]:
    """Yield what base64 tokens and JWT payloads in a decoded text say, where they are text."""
    seen: set[str] = set()
    for pattern in (_BASE64, _BASE64_JSON):
        for match in pattern.finditer(text):
            token = match.group()
            if token not in seen and (plain := _from_base64(token)):
                seen.add(token)
                yield decode(plain)


def _decode_once(text: str) -> str:
    if "%" in text:
        text = unquote(_NESTED_PERCENT.sub("%", text), errors="replace")
    if "&" in text and ";" in text:
        text = html.unescape(_NESTED_ENTITY.sub("&", text))
    if "\\" in text:
        text = _ESCAPED_UNICODE.sub(lambda match: _character(match.group(1)), text)
        text = _ESCAPED_SPACE.sub(" ", _ESCAPED_MARK.sub(r"\1", text))
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "@" not in text and ("at" in text or "AT" in text):
        text = _DOT_IN_WORDS.sub(".", _AT_IN_WORDS.sub("@", text))
    return text


def _character(code: str) -> str:
    number = int(code, 16)
    return "?" if 0xD800 <= number <= 0xDFFF else chr(number)


def _from_base64(token: str) -> str | None:
    """Return the token as text, or None where it is not the encoding of a text."""
    standard = token.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(standard + "=" * (-len(standard) % 4))
        plain = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    plain = " ".join(plain.split())
    return plain if plain.isprintable() else None
