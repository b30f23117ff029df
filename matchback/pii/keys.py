"""What a key says about the value under it, in the languages our shops are written in."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path


def _fold(text: str) -> str:
    """Drop accents and vowel marks, so that one spelling stands for all."""
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower()


@cache
def written_words() -> dict[str, frozenset[str]]:
    """Return the words of each vocabulary as people write them, by name."""
    content = (Path(__file__).parent / "vocabulary.toml").read_text(encoding="utf-8")
    return {name: frozenset(words.split()) for name, words in tomllib.loads(content).items()}


_WORDS = {
    name: frozenset(_fold(word).replace("_", "") for word in words)
    for name, words in written_words().items()
}
EMAIL_WORDS = _WORDS["email"]
PHONE_WORDS = _WORDS["phone"]
NAME_WORDS = _WORDS["name"]
WEAK_NAME_WORDS = _WORDS["weak_name"]
PERSON_WORDS = _WORDS["person"]
STREET_WORDS = _WORDS["street"]
ADDRESS_WORDS = STREET_WORDS | _WORDS["address"]
NOT_POSTAL_WORDS = _WORDS["not_postal"]
BIRTH_WORDS = _WORDS["birth"]
CARD_WORDS = _WORDS["card"]
IP_WORDS = _WORDS["ip"]
NATIONAL_ID_WORDS = _WORDS["national_id"]
IDENTIFIER_WORDS = _WORDS["identifier"]
VERSION_WORDS = _WORDS["version"]
PLACEHOLDERS = _WORDS["placeholders"]

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# A key that ends so names a thing, whatever stands before it: phone_number_id, contact_sid.
_ID_ENDINGS = frozenset(["id", "ids", "sid", "sids", "gid", "uid", "uuid", "guid"])
_RUN_TOGETHER = (
    "accountid",
    "accountsid",
    "numberid",
    "phoneid",
    "cardid",
    "messageid",
    "serviceid",
)
_SPLIT = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class KeyContext:
    """The kinds a key announces; empty for a key that says nothing about a person."""

    email: bool = False
    phone: bool = False
    name: bool = False
    weak_name: bool = False
    address: bool = False
    street: bool = False
    birth_date: bool = False
    weak_birth_date: bool = False
    card: bool = False
    ip: bool = False
    national_id: bool = False
    identifier: bool = False
    is_id: bool = False
    version: bool = False

    @property
    def is_personal(self) -> bool:
        """True when a sibling called `name` may be taken for a person's."""
        return self.email or self.phone or self.name or self.address or self.birth_date


NO_KEY = KeyContext()


@lru_cache(maxsize=4096)
def read_key(key: str | None) -> KeyContext:
    """Return what the key announces; paths like customer[phone] or user_data.fn are understood."""
    tokens = _tokens(key or "")
    if not tokens:
        return NO_KEY
    tails = {"".join(tokens[-count:]) for count in (1, 2, 3)}
    heads = {"".join(tokens[:count]) for count in (1, 2, 3)}
    words = set(tokens) | tails
    last = tokens[-1]
    is_postal = bool(tails & ADDRESS_WORDS or "address" in tokens or "addr" in tokens)
    is_person = bool(set(tokens[:-1]) & PERSON_WORDS)
    has_name = bool(tails & NAME_WORDS) or (last in WEAK_NAME_WORDS and is_person)
    if "username" in tails:
        has_name = False
    return KeyContext(
        email=bool(tails & EMAIL_WORDS),
        phone=bool((words | heads) & PHONE_WORDS),
        name=has_name,
        weak_name=last in WEAK_NAME_WORDS and len(tokens) == 1,
        address=is_postal and not (set(tokens) & NOT_POSTAL_WORDS),
        street=bool(tails & STREET_WORDS),
        birth_date=bool(tails & BIRTH_WORDS),
        weak_birth_date=last in ("db", "birth", "born"),
        card=bool(words & CARD_WORDS),
        ip=bool((words | heads) & IP_WORDS),
        national_id=bool((words | heads) & NATIONAL_ID_WORDS),
        identifier=bool(tails & IDENTIFIER_WORDS),
        is_id=last in _ID_ENDINGS or last.endswith(_RUN_TOGETHER),
        version=bool(set(tokens) & VERSION_WORDS),
    )


def is_placeholder(value: str) -> bool:
    """True for what a template leaves when it had no value to fill in."""
    compact = _SPLIT.sub("", value).lower()
    return (
        not compact
        or compact in PLACEHOLDERS
        or (len(set(compact)) == 1 and compact.isascii())
        or any(mark in value for mark in ("{{", "}}", "*|", "${", "%%", "<%", "[["))
    )


def _tokens(key: str) -> list[str]:
    words = _SPLIT.split(_fold(_CAMEL.sub(" ", key[-120:])))
    tokens = [word.rstrip("0123456789") for word in words]
    return [token for token in tokens if token]
