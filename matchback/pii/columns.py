"""Where text lies in a nested table: read from the type in its CREATE TABLE statement."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TEXT_TYPES = frozenset({"varchar", "string"})
_WORD = re.compile(r'\s*("?[A-Za-z_][\w]*"?|[(),;\[\]])')


@dataclass
class Type:
    """A column's type: its name, the fields of a struct, and whether it is a list of these."""

    name: str
    fields: dict[str, "Type"] = field(default_factory=dict)
    is_list: bool = False

    @property
    def is_text(self) -> bool:
        return self.name in TEXT_TYPES and not self.is_list


def read_columns(create_table: str) -> dict[str, Type]:
    """Return the columns of a DuckDB CREATE TABLE statement, comments allowed."""
    body = re.sub(r"--[^\n]*", "", create_table)
    words = _WORD.findall(body[body.index("(") :])
    columns, _ = _read_fields(words, 1)
    return columns


def text_leaves(columns: dict[str, Type], prefix: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield dotted paths of the text columns and struct fields that are in no list."""
    for name, kind in columns.items():
        path = (*prefix, name)
        if kind.is_text:
            yield ".".join(path)
        elif kind.fields and not kind.is_list:
            yield from text_leaves(kind.fields, path)


def _read_fields(words: list[str], index: int) -> tuple[dict[str, Type], int]:
    fields: dict[str, Type] = {}
    while words[index] != ")":
        if words[index] == ",":
            index += 1
            continue
        name = words[index].strip('"')
        fields[name], index = _read_type(words, index + 1)
    return fields, index + 1


def _read_type(words: list[str], index: int) -> tuple[Type, int]:
    kind = Type(words[index].strip('"').lower())
    index += 1
    if words[index] == "(":
        if kind.name == "struct":
            kind.fields, index = _read_fields(words, index + 1)
        else:
            index = words.index(")", index) + 1
    if words[index] == "[":
        kind.is_list = True
        index += 2
    return kind, index
