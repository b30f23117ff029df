"""Pure readers and parsers of the source formats: bytes in, rows or a reason out."""
