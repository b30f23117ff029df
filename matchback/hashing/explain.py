"""Explain one value against one hash: accepted forms by destination, and the defect by name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from matchback.hashing.contact_forms import ContactForm, field_forms, is_sha256
from matchback.hashing.countries import COUNTRIES, Country
from matchback.hashing.junk import junk_digests

DESTINATIONS = ("meta", "google", "tiktok")
NEVER_HASHED = ("client_ip_address", "client_user_agent", "fbc", "fbp")

_APPENDIX = re.compile(r"\.(?:[A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2})$")
_HEX = re.compile(r"^[0-9A-Fa-f]+$")
_BASE64 = re.compile(
    r"^(?:[A-Za-z0-9+/_-]{43}=?|[A-Za-z0-9+/_-]{27}=|[A-Za-z0-9+/_-]{22}=="
    r"|[A-Za-z0-9+/_-]{86}==|[A-Za-z0-9+/_-]{88})$"
)
_DIGEST_BY_LENGTH = {32: "md5", 40: "sha1", 128: "sha512"}
_SHORTEST_TRUNCATED = 8
_LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class AcceptedForm:
    """A form that the destination accepts and its digest."""

    form: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the destination accepts for a value, and what is wrong with the hash held against it."""

    accepted: tuple[AcceptedForm, ...]
    match: bool | None
    defect: str | None


def without_appendix(text: str) -> str:
    """Return a hash without the appendix that Meta's Parameter Builder adds."""
    return _APPENDIX.sub("", text)


def format_defect(text: str) -> str | None:
    """Name why a text is no 64-digit lower-case hex SHA-256, or None when it is one."""
    digest = without_appendix(text)
    if is_sha256(digest):
        return None
    if _HEX.match(digest):
        if len(digest) == 64:
            return "upper_case"
        if len(digest) in _DIGEST_BY_LENGTH:
            return _DIGEST_BY_LENGTH[len(digest)]
        if digest.isdigit():
            return "truncated" if len(digest) > _LONGEST_NUMBER else "plain"
        if len(digest) >= _SHORTEST_TRUNCATED and not digest.isalpha():
            return "truncated"
    return "base64" if _BASE64.match(text) else "plain"


def explain(
    field: str,
    value: str,
    *,
    destination: str = "meta",
    against: str | None = None,
    country: Country | None = None,
    may_lack_country_code: bool = False,
) -> Explanation:
    """Return the accepted forms of a value for a destination and the defect of a hash.

    `country` completes a phone number. With `may_lack_country_code` nothing says which country a
    number belongs to, so the SDKs' output on the number as written is accepted beside it.
    """
    forms = _for_destination(_forms(field, value, country, may_lack_country_code), destination)
    accepted = tuple(AcceptedForm(form.form, form.sha256) for form in forms if form.is_accepted)
    if against is None:
        return Explanation(accepted, None, None)
    digest = without_appendix(against.strip())
    match = any(form.sha256 == digest for form in accepted)
    return Explanation(accepted, match, _defect(against.strip(), digest, match, forms))


def _defect(against: str, digest: str, match: bool, forms: list[ContactForm]) -> str | None:
    if digest.lower() in junk_digests():
        return "junk"
    wrong_format = format_defect(against)
    if wrong_format or match:
        return wrong_format
    return next((form.form for form in forms if form.sha256 == digest), "unexplained")


def _forms(
    field: str, value: str, country: Country | None, may_lack_country_code: bool
) -> list[ContactForm]:
    forms = list(field_forms(field, value, country))
    if field == "ph" and may_lack_country_code:
        as_written = field_forms(field, value, None)
        documented = field_forms(field, value, COUNTRIES["US"]) if _is_north_american(value) else ()
        forms = [form for form in (*forms, *as_written, *documented) if form.is_accepted] + forms
    return list({form.sha256: form for form in reversed(forms)}.values())[::-1]


def _is_north_american(value: str) -> bool:
    """Tell whether a number has ten digits as in Meta's own example."""
    return bool(re.fullmatch(r"[2-9][0-9]{2}[2-9][0-9]{6}", re.sub(r"[^0-9]", "", value)))


def _for_destination(forms: list[ContactForm], destination: str) -> list[ContactForm]:
    """Phones carry +E.164 at Google and TikTok; Google also folds Gmail addresses."""
    if destination == "meta":
        return forms
    return list(_converted(forms, destination))


def _converted(forms: list[ContactForm], destination: str) -> Iterator[ContactForm]:
    folds_gmail = destination == "google"
    for form in forms:
        if form.field == "ph" and form.is_accepted:
            yield ContactForm("ph", "missing_plus", False, form.sha256)
        elif form.form == "e164_plus" or (form.form == "gmail_folded" and folds_gmail):
            yield ContactForm(form.field, form.form, True, form.sha256)
        else:
            yield form
