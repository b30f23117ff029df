"""Find plain personal data in one string, whatever it is wrapped in."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from matchback.pii.contact import find_emails, find_ip_addresses, find_phones
from matchback.pii.decode import decode, hidden_texts
from matchback.pii.masking import shape_of
from matchback.pii.numbers import find_cards, find_ibans, find_national_ids
from matchback.pii.person import find_addresses, find_birth_dates, find_names
from matchback.pii.text import Text, read_text

KINDS = (
    "email", "phone", "card", "iban", "national_id", "ip", "name", "address", "birth_date",
)  # fmt: skip

Found = tuple[int, int, str]


@dataclass(frozen=True)
class Detection:
    """One plain value found; `value` is normalised, for digests, and never shown."""

    kind: str
    path: str
    masked: str
    start: int
    end: int
    value: str = field(repr=False)


def detect(text: str, key: str | None = None, country: str | None = None) -> list[Detection]:
    """Return what is personal in the text, which stood under `key`; in the order of KINDS.

    `country` (ISO code) is the numbering plan tried first for national phone numbers.
    Offsets count characters of the decoded text. Never raises on any text.
    """
    found: list[Detection] = []
    decoded = decode(text)
    for content in (decoded, *hidden_texts(decoded)):
        found.extend(_scan(read_text(content, key), country))
    return sorted(found, key=lambda detection: KINDS.index(detection.kind))


def kinds_of(detections: Iterable[Detection]) -> list[str]:
    """Return the distinct kinds in the order of KINDS."""
    present = {detection.kind for detection in detections}
    return [kind for kind in KINDS if kind in present]


def _scan(text: Text, country: str | None) -> Iterator[Detection]:
    """Apply the rules, most specific first; each takes what it explains out of the text."""
    yield from _take(text, "email", find_emails)
    text.read_plus_as_space()
    yield from _take(text, "iban", find_ibans)
    yield from _take(text, "ip", find_ip_addresses)
    yield from _take(text, "card", find_cards)
    yield from _take(text, "national_id", find_national_ids)
    yield from _take(text, "phone", lambda view: find_phones(view, country))
    yield from _take(text, "birth_date", find_birth_dates)
    yield from _take(text, "address", find_addresses)
    yield from _take(text, "name", find_names)


def _take(text: Text, kind: str, rule: Callable[[Text], Iterator[Found]]) -> Iterator[Detection]:
    spans: set[tuple[int, int]] = set()
    for start, end, value in list(rule(text)):
        if (start, end) not in spans:
            spans.add((start, end))
            masked = shape_of(text.content[start:end])
            yield Detection(kind, text.key_at(start), masked, start, end, value)
    if spans:
        text.blank(spans)
