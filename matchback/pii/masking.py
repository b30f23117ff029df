"""The shape of a value: enough to recognise a format, nothing of the value."""

MAX_SHAPE = 48


def shape_of(value: str) -> str:
    """Return x for a letter, 9 for a digit, other marks as they are; long values are cut."""
    shape = "".join(_shape_of_character(char) for char in value[:MAX_SHAPE])
    return shape + ("…" if len(value) > MAX_SHAPE else "")


def _shape_of_character(char: str) -> str:
    if char.isdigit():
        return "9"
    if char.isspace():
        return " "
    return char if char.isascii() and not char.isalnum() and char.isprintable() else "x"
