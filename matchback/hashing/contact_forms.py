"""The hashes a customer's contact fields may have on the wire, right and wrong.

A correct hash is a set: Meta's documented rule and what its three SDKs produce, each in both
Unicode normal forms. Beside it stand the hashes of the known mistakes, so that a mismatch can be
named later without the plain value. Only digests leave this module.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import md5, sha256

from matchback.hashing import normalise
from matchback.hashing.countries import Country, country_named

META_KEYS = {
    "email": "em",
    "phone": "ph",
    "first_name": "fn",
    "last_name": "ln",
    "city": "ct",
    "state": "st",
    "zip": "zp",
    "country": "country",
    "birth_date": "db",
    "gender": "ge",
}
MISMATCH_FORMS = (
    "not_lowercased",
    "not_trimmed",
    "double_hashed",
    "md5_then_sha256",
    "missing_country_code",
    "e164_plus",
    "gmail_folded",
)
_NORMALISERS: dict[str, Callable[[str, normalise.Fold], dict[str, str]]] = {
    "em": normalise.email_forms,
    "fn": normalise.name_forms,
    "ln": normalise.name_forms,
    "ct": normalise.city_forms,
    "st": normalise.state_forms,
    "zp": normalise.zip_forms,
    "country": normalise.country_forms,
    "db": normalise.birth_date_forms,
    "ge": normalise.gender_forms,
    "external_id": normalise.external_id_forms,
}
FIELDS = ("ph", *_NORMALISERS)
_HEX = frozenset("0123456789abcdef")
_CACHED_VALUES = 100_000


@dataclass(frozen=True, slots=True)
class ContactForm:
    """One digest a field may have: how its value was written, and whether Meta accepts it."""

    field: str
    form: str
    is_accepted: bool
    sha256: str


def contact_forms(
    contact: Mapping[str, str | None], country: str | None, default_country: str
) -> list[ContactForm]:
    """Return every accepted and known-wrong digest of one CRM row, one row per field and digest.

    Keys are the canonical CRM columns or Meta's keys. `country` completes the phone number, the
    property's `default_country` where it names none; with neither the number stays as written.
    """
    plan = country_named(country) or country_named(default_country)
    found: list[ContactForm] = []
    for column, value in contact.items():
        field = META_KEYS.get(column, column)
        if value and field in FIELDS:
            found.extend(field_forms(field, value, plan))
    return found


@lru_cache(maxsize=_CACHED_VALUES)
def field_forms(field: str, value: str, country: Country | None) -> tuple[ContactForm, ...]:
    """Return the digests of one field, accepted ones first; a digest is listed once."""
    if is_sha256(value.strip().lower()):
        return _distinct(field, _forms_of_hashed(value.strip().lower()))
    if field == "ph":
        return _distinct(field, _phone_digests(value, country))
    return _distinct(field, _text_digests(field, value))


def is_sha256(text: str) -> bool:
    """Tell whether text is 64 lower-case hex digits."""
    return len(text) == 64 and _HEX.issuperset(text)


_Digest = tuple[str, bool, str]


def _distinct(field: str, digests: Iterable[_Digest]) -> tuple[ContactForm, ...]:
    first_by_hash: dict[str, ContactForm] = {}
    for form, is_accepted, digest in digests:
        first_by_hash.setdefault(digest, ContactForm(field, form, is_accepted, digest))
    return tuple(first_by_hash.values())


def _forms_of_hashed(digest: str) -> Iterator[_Digest]:
    yield "already_hashed", True, digest
    yield "double_hashed", False, _sha256(digest)


def _text_digests(field: str, value: str) -> Iterator[_Digest]:
    normaliser = _NORMALISERS[field]
    accepted: list[str] = []
    for form, written in _in_normal_forms(value):
        for name, text in normaliser(written, str.lower).items():
            if text:
                accepted.append(text)
                yield name + form, True, _sha256(text)
    if not accepted:
        return
    for form, text in _text_mistakes(value, normaliser):
        yield form, False, _sha256(text)
    yield from _rehashed(accepted)
    if field == "em":
        for text in normalise.gmail_folded(accepted[0]):
            yield "gmail_folded", False, _sha256(text)


def _text_mistakes(
    value: str, normaliser: Callable[[str, normalise.Fold], dict[str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield the value as the CRM has it, with one step of the normalisation left out."""
    trimmed = value.strip()
    lowered = value.lower()
    if lowered != value:
        yield "not_lowercased", trimmed
        for text in normaliser(value, str).values():
            if text:
                yield "not_lowercased", text
    for text in (lowered, value, lowered.strip()):
        yield "not_trimmed", text


def _phone_digests(value: str, country: Country | None) -> Iterator[_Digest]:
    forms = normalise.phone_forms(value, country)
    for name, number in forms.items():
        yield name, True, _sha256(number)
    numbers = list(forms.values())
    for number in numbers:
        yield "e164_plus", False, _sha256("+" + number)
    for number in numbers:
        for national in normalise.national_numbers(value, number, country):
            yield "missing_country_code", False, _sha256(national)
    if numbers:
        for text in (value.strip(), value):
            yield "not_trimmed", False, _sha256(text)
    yield from _rehashed(numbers)


def _rehashed(accepted: Iterable[str]) -> Iterator[_Digest]:
    for text in dict.fromkeys(accepted):
        encoded = text.encode("utf-8", "surrogatepass")
        yield "double_hashed", False, _sha256(sha256(encoded).hexdigest())
        yield (
            "md5_then_sha256",
            False,
            _sha256(md5(encoded, usedforsecurity=False).hexdigest()),
        )


def _in_normal_forms(value: str) -> Iterator[tuple[str, str]]:
    """Yield the value with a suffix for the form's name, in each Unicode normal form it has."""
    if value.isascii():
        yield "", value
        return
    composed = unicodedata.normalize("NFC", value)
    decomposed = unicodedata.normalize("NFD", value)
    yield "", composed
    if value not in (composed, decomposed):
        yield "_as_written", value
    if decomposed != composed:
        yield "_nfd", decomposed


def _sha256(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
