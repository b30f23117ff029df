"""A decoded text with the keys its values stand under."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from matchback.pii.keys import NO_KEY, KeyContext, read_key

MAX_VALUE = 200
EXPLAINED = "\0"
MAX_SPACE = 32

_AROUND_VALUES = " \t\r\n\"'+"

_QUERY_KEY = re.compile(r"(?:^|[?&#;,{(\[\s\"'/|])([^\W\d][\w.\-\[\]$]{0,80})=")
_JSON_KEY = re.compile(r"[\"']([^\"'\\:{}]{1,80})[\"']\s{0,4}:\s{0,4}(?:\[\s{0,4})?(?=[\"'0-9+-])")
_NAMED_VALUE = re.compile(
    r"[\"'](?:name|key)[\"']\s{0,4}:\s{0,4}[\"']([^\"'\\]{1,80})[\"']\s{0,4},\s{0,4}"
    r"[\"']value[\"']\s{0,4}:\s{0,4}(?:\{\s{0,4}[\"']string_value[\"']\s{0,4}:\s{0,4})?(?=[\"'])"
)
_LABEL = re.compile(r"(?:^|[\s,;|(])([^\W\d_][\w \-]{0,29}):(?=\s)\s{1,3}")
_QUERY_END = re.compile(r"[&#;?\"<>{}]|\s[\w.\-]+=")
_LABEL_END = re.compile(r"[\n,;|<>{}]")
_PLUS_FOR_SPACE = re.compile(r"(?<=[\w)+])\+(?=[\w(+])")


@dataclass(frozen=True)
class Pair:
    """A key and the region of the text that its value fills."""

    key: str
    start: int
    end: int


@dataclass
class Text:
    """What the rules look at; `rest` has the spans already explained blanked out."""

    content: str
    key: str = ""
    pairs: tuple[Pair, ...] = ()
    rest: str = field(init=False)
    _starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.rest = self.content
        self._starts = [pair.start for pair in self.pairs]

    def key_at(self, position: int) -> str:
        """Return the innermost key whose value covers the position, else the key of the text."""
        index = bisect_right(self._starts, position) - 1
        for pair in reversed(self.pairs[max(0, index - 3) : index + 1]):
            if pair.start <= position < pair.end:
                return pair.key
        return self.key

    def context_at(self, position: int) -> KeyContext:
        return read_key(self.key_at(position))

    def has_key_at(self, position: int) -> bool:
        return bool(self.key_at(position))

    def blank(self, spans: Iterable[tuple[int, int]]) -> None:
        """Take what is explained out of the rest; positions do not change."""
        parts: list[str] = []
        end = 0
        for start, stop in sorted(spans):
            parts.append(self.rest[end:start])
            parts.append(EXPLAINED * (stop - max(start, end)))
            end = max(end, stop)
        self.rest = "".join(parts) + self.rest[end:]

    def is_all_of_it(self, start: int, end: int) -> bool:
        """True where nothing but space stands around a span."""
        around = len(self.rest) - (end - start)
        return around <= MAX_SPACE and not (self.rest[:start] + self.rest[end:]).strip()

    def read_plus_as_space(self) -> None:
        """Form encoding writes a space as +; lengths do not change."""
        if "+" in self.rest:
            self.rest = _PLUS_FOR_SPACE.sub(" ", self.rest)

    def before(self, position: int, length: int = 40) -> str:
        return self.rest[max(0, position - length) : position].lower()

    def after(self, position: int, length: int = 16) -> str:
        return self.rest[position : position + length].lower()

    def values(self) -> Iterator[tuple[str, KeyContext, str, int]]:
        """Yield key, what it announces, value and its position; the whole text if it has a key."""
        if self.key and (context := read_key(self.key)) is not NO_KEY:
            yield self.key, context, self.rest.strip(_AROUND_VALUES), 0
        for pair in self.pairs:
            context = read_key(pair.key)
            value = self.rest[pair.start : pair.end].strip(_AROUND_VALUES)
            yield pair.key, context, value, pair.start


def read_text(content: str, key: str | None = None) -> Text:
    """Find the keys of query strings, JSON, name-value objects and labelled lines."""
    if not any(mark in content for mark in "=:"):
        return Text(content, key or "")
    pairs = [*_query_pairs(content), *_quoted_pairs(content), *_labelled_pairs(content)]
    return Text(content, key or "", tuple(sorted(pairs, key=lambda pair: pair.start)))


def _query_pairs(content: str) -> Iterator[Pair]:
    if "=" not in content:
        return
    for match in _QUERY_KEY.finditer(content):
        yield Pair(match.group(1), match.end(), _end(_QUERY_END, content, match.end()))


def _quoted_pairs(content: str) -> Iterator[Pair]:
    if '"' not in content and "'" not in content:
        return
    named = {match.end(): match.group(1) for match in _NAMED_VALUE.finditer(content)}
    plain = {match.end(): match.group(1) for match in _JSON_KEY.finditer(content)}
    for start, key in (plain | named).items():
        yield Pair(key, *_quoted_value(content, start))


def _quoted_value(content: str, start: int) -> tuple[int, int]:
    quote = content[start]
    if quote in "\"'":
        end = content.find(quote, start + 1, start + MAX_VALUE)
        return start + 1, end if end >= 0 else min(len(content), start + MAX_VALUE)
    return start, _end(re.compile(r"[,}\]\s]"), content, start)


def _labelled_pairs(content: str) -> Iterator[Pair]:
    if ":" not in content:
        return
    for match in _LABEL.finditer(content):
        yield Pair(match.group(1), match.end(), _end(_LABEL_END, content, match.end()))


def _end(pattern: re.Pattern[str], content: str, start: int) -> int:
    match = pattern.search(content, start, start + MAX_VALUE)
    return match.start() if match else min(len(content), start + MAX_VALUE)
