"""Identifiers of persons: a type and a value, cleaned alike wherever they were written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from matchback.hashing.contact_forms import contact_forms
from matchback.hashing.junk import junk_digests
from matchback.pii.documents import parse_document
from matchback.sources.kit.cells import identifier
from matchback.warehouse.tables import IDENTIFIERS, Identifier

Identifiers = Mapping[Identifier, frozenset[str]]

# The keys of documents and the GA4 parameters that name an identifier; any other key names none.
TYPE_OF_KEY: Mapping[str, Identifier] = {
    **dict.fromkeys(("user_id", "customer_id", "external_id"), "customer_id"),
    **dict.fromkeys(("order_id", "transaction_id"), "order_id"),
    **dict.fromkeys(("event_id", "eventid", "x-fb-event_id"), "event_id"),
    **dict.fromkeys(("client_id", "user_pseudo_id", "ga_client_id", "fbp", "_fbp"), "client_id"),
    **dict.fromkeys(("em", "email", "email_hash", "hashed_email"), "email_hash"),
    **dict.fromkeys(("ph", "phone", "phone_hash", "phone_number", "hashed_phone"), "phone_hash"),
    **dict.fromkeys(
        ("fbc", "_fbc", "fbclid", "gclid", "gbraid", "wbraid", "ttclid", "msclkid"), "click_id"
    ),
}
CLICK_IN_URL = r"[?&#](?:fbclid|gclid|gbraid|wbraid|ttclid|msclkid)=([A-Za-z0-9_-]+)"
EMPTY_TEXTS = frozenset({"''", '""'})
HASH = re.compile(r"[0-9a-f]{64}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[\d\s().\-/]{7,}")
GA_CLIENT = re.compile(r"\d+\.\d+")
_GA_PREFIX = re.compile(r"^GA\d+\.\d+\.")
_CLICK_COOKIE = re.compile(r"^fb\.\d+\.\d+\.(.+)$")
_APPENDIX = re.compile(r"\.(?:[A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2})$")
_DIGITS = re.compile(r"\D")
_KEYED_TEXT = re.compile(
    rf"[\"']?\b({'|'.join(map(re.escape, TYPE_OF_KEY))})\\*[\"']?\s*[:=]\s*\[?\s*\\*[\"']?"
    r"([^\"',\]}\s\\&]+)",
    re.IGNORECASE,
)


def is_placeholder(value: str) -> bool:
    """Say whether a text stands where an identifier should and names nobody."""
    return identifier(value) is None or value.strip() in EMPTY_TEXTS


def clean(kind: Identifier, value: object) -> str | None:
    """Return an identifier as it is compared, None when the value names nobody."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    if is_placeholder(text):
        return None
    match kind:
        case "customer_id":
            return None if not text.strip("0") else customer_hash(text)
        case "order_id":
            return text.removeprefix("#").strip().lower() or None
        case "client_id":
            return _GA_PREFIX.sub("", text)
        case "email_hash":
            return _contact_hash(text.lower())
        case "phone_hash":
            return _contact_hash(text.lower() if HASH.fullmatch(text.lower()) else digits(text))
        case "click_id":
            cookie = _CLICK_COOKIE.match(text)
            return _APPENDIX.sub("", cookie[1]) if cookie else text
        case _:
            return text


def is_contact(text: str) -> bool:
    """Say whether a text is plainly an e-mail address or a phone number; digits may be an id."""
    _, _, value = text.partition(":") if text.startswith(("email:", "phone:")) else ("", "", text)
    if EMAIL.fullmatch(value.strip()):
        return True
    is_id = value.isdigit() or GA_CLIENT.fullmatch(value) is not None
    return PHONE.fullmatch(value) is not None and not is_id


def digits(text: str) -> str:
    """Return the digits of a text."""
    return _DIGITS.sub("", text)


def customer_hash(customer: str) -> str:
    """Return a customer id as platforms hash it, which a hash is already."""
    text = customer.strip().lower()
    return text if HASH.fullmatch(text) else sha256(text.encode(errors="replace")).hexdigest()


def contact_hashes(field: str, value: str, default_country: str) -> frozenset[str]:
    """Return every digest that an e-mail address or phone number may have on the wire."""
    forms = contact_forms({field: value}, None, default_country)
    return frozenset(form.sha256 for form in forms) - junk_digests()


def _contact_hash(text: str) -> str | None:
    if not text:
        return None
    digest = text if HASH.fullmatch(text) else sha256(text.encode(errors="replace")).hexdigest()
    return None if digest in junk_digests() else digest


@dataclass
class Collected:
    """Identifiers by type, while they are gathered."""

    held: dict[Identifier, set[str]]
    # How the ids that are compared as hashes were written.
    texts: set[str] = field(default_factory=set)

    @classmethod
    def none(cls) -> "Collected":
        """Return a collection to be filled."""
        return cls({kind: set() for kind in IDENTIFIERS})

    @property
    def tokens(self) -> set[str]:
        """What stands in a document that holds one of these; a browser may be sent hashed."""
        clients = {customer_hash(client) for client in self.held["client_id"]}
        return self.texts.union(clients, *self.held.values())

    def meets(self, other: "Collected") -> bool:
        """Say whether both hold an identifier."""
        return any(values & other.held[kind] for kind, values in self.held.items()) or any(
            customer_hash(client) in other.held["customer_id"] for client in self.held["client_id"]
        )

    def add(self, kind: Identifier, value: object) -> None:
        """Take a value, cleaned, if it names anybody."""
        for one in value if isinstance(value, list) else [value]:
            found = clean(kind, one)
            if found is not None:
                self.held[kind].add(found)
                if str(one).strip() != found:
                    self.texts.add(str(one).strip())

    def add_document(self, document: object) -> None:
        """Take what a document holds under the keys that name identifiers."""
        for kind, value in identifiers_in(document):
            self.add(kind, value)

    def join(self, other: "Collected") -> None:
        """Take all that another holds."""
        self.texts |= other.texts
        for kind, values in other.held.items():
            self.held[kind] |= values

    def __contains__(self, identifier: tuple[Identifier, str]) -> bool:
        return identifier[1] in self.held[identifier[0]]

    def __iter__(self) -> Iterator[tuple[Identifier, str]]:
        for kind, values in self.held.items():
            for value in sorted(values):
                yield kind, value

    def __bool__(self) -> bool:
        return any(self.held.values())


def identifiers_in(document: object) -> Iterator[tuple[Identifier, object]]:
    """Yield what stands in a document, or in a text that is none, under a naming key."""
    stack: list[Any] = [document]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                kind = TYPE_OF_KEY.get(str(key).lower())
                if kind is not None and not isinstance(inner, dict):
                    yield kind, inner
                else:
                    stack.append(inner)
        elif isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, str):
            parsed = parse_document(value)
            if parsed is not None:
                stack.append(parsed)
            else:
                for key, text in _KEYED_TEXT.findall(value):
                    yield TYPE_OF_KEY[key.lower()], text


@dataclass(frozen=True)
class Reading:
    """One way to read what a person is named by."""

    kind: Identifier
    values: frozenset[str]
    texts: frozenset[str]


@dataclass(frozen=True)
class Named:
    """The readings of PERSON, the surest first, and what is to be said of them."""

    readings: tuple[Reading, ...]
    notes: tuple[str, ...] = ()


def readings_of(person: str, default_country: str) -> Named:
    """Return how PERSON may be read: `type:value`, a contact, or an id of any type."""
    text = person.strip()
    prefix, _, rest = text.partition(":")
    if prefix in (*IDENTIFIERS, "email", "phone") and rest:
        return _readings_as(prefix, rest, default_country)
    if is_placeholder(text) or not text.strip("0"):
        return Named((), ("This is a placeholder that names nobody; nothing is searched.",))
    if EMAIL.fullmatch(text):
        return _readings_as("email", text, default_country)
    if GA_CLIENT.fullmatch(text):
        return _readings_as("client_id", text, default_country)
    readings = []
    notes: tuple[str, ...] = ()
    may_be_phone = PHONE.fullmatch(text) is not None and 7 <= len(digits(text)) <= 15
    if not may_be_phone or text.isdigit():
        kinds: tuple[Identifier, ...] = (
            "customer_id", "order_id", "client_id", "event_id", "click_id",
        )  # fmt: skip
        readings = [one for kind in kinds for one in _reading(kind, text)]
    if may_be_phone:
        readings += _readings_as("phone", text, default_country).readings
        if text.isdigit():
            notes = ("This may be a phone number and an id; it is looked up as both.",)
    if HASH.fullmatch(text.lower()):
        readings += [*_reading("email_hash", text), *_reading("phone_hash", text)]
    return Named(tuple(readings), notes)


def _readings_as(kind: str, text: str, default_country: str) -> Named:
    if kind in ("email", "phone"):
        hashes = contact_hashes(kind, text, default_country)
        texts = {text, text.lower()}
        if kind == "phone":
            hashes |= _phone_hashes(text, default_country)
            texts |= {digits(text)}
        of_kind: Identifier = "email_hash" if kind == "email" else "phone_hash"
        return Named((Reading(of_kind, hashes, frozenset(texts)),))
    found = [one for known in IDENTIFIERS if known == kind for one in _reading(known, text)]
    notes = () if found else ("This is a placeholder that names nobody; nothing is searched.",)
    return Named(tuple(found), notes)


def _phone_hashes(text: str, default_country: str) -> frozenset[str]:
    """Return the digests of every number that a spelling may mean in the default country."""
    import phonenumbers

    found: set[str] = set()
    for spelled in (text, f"+{digits(text).removeprefix('00')}"):
        try:
            number = phonenumbers.parse(spelled, default_country or None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            spelling = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            found |= contact_hashes("phone", spelling, default_country)
    return frozenset(found)


def _reading(kind: Identifier, text: str) -> list[Reading]:
    value = clean(kind, text)
    return [Reading(kind, frozenset({value}), frozenset({text}))] if value else []
