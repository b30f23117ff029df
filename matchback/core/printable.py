"""Foreign text on a terminal: no sign that steers it, hides text or turns its direction."""

import unicodedata


def printable(text: str) -> str:
    """Return the text without control, direction and zero-width signs; line ends stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        sign for sign in text if sign == "\n" or not unicodedata.category(sign).startswith("C")
    )
