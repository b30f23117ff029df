"""Numbers that prove themselves: payment cards, IBANs, national identity numbers."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module

from matchback.pii.text import Text

Found = tuple[int, int, str]

_CARD = re.compile(r"(?<![\w.,+*-])[0-9](?:[ -]?[0-9]){11,18}(?![\w*]|[.,-][0-9])")
_CARD_GROUPS = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 5), (4, 4, 4, 1)}
_CARD_WORDS = re.compile(
    r"\b(?:credit|debit|card|cards|cc|visa|mastercard|amex|maestro|discover|diners|jcb|pan|"
    r"kredit\w*|karte\w*|carte|tarjeta|cart[aã]o|carta|kaart|kort|kart[a\u0131]?)\b[^0-9]{0,30}$"
)
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}")
_SSN = re.compile(r"(?<![\w.-])[0-9]{3}([-. ])[0-9]{2}\1[0-9]{4}(?![\w-]|\.[0-9])")
_ID_WORDS = (
    r"(?:ssn|social security|national (?:id|insurance)|nino|dni|nie|nif|codice fiscale|bsn|cpf|"
    r"pesel|steuer-?id(?:ent\w*)?|personnummer|hetu|cpr|aadhaar|rut|curp|cnp|egn|tckn|"
    r"tc kimlik|id card|identity (?:card|number)|tax id|insee|nir|ahv)"
)
_LABELLED_ID = re.compile(
    rf"\b{_ID_WORDS}\b(?: (?:number|no\.?|nr\.?|#))?(?: is)?[^0-9A-Za-z]{{0,4}}"
    r"((?:[A-Z]{1,6}[ -]?)?[0-9](?:[ ./+-]?[0-9A-Za-z]){4,20})",
    re.IGNORECASE,
)
# Written in a form that nothing else has, so that no key is needed; all but these want one.
_OWN_SHAPE: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (module, re.compile(rf"(?<![\w.-]){shape}(?![\w-])"))
    for module, shape in (
        ("it.codicefiscale", r"[A-Z]{6}[0-9]{2}[A-EHLMPRST][0-9]{2}[A-Z][0-9]{3}[A-Z]"),
        ("mx.curp", r"[A-Z]{4}[0-9]{6}[HM][A-Z]{5}[0-9A-Z][0-9]"),
        ("br.cpf", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"),
        ("fi.hetu", r"[0-9]{6}[-A][0-9]{3}[0-9A-FHJ-NPR-Y]"),
        ("se.personnummer", r"[0-9]{6}[-+][0-9]{4}"),
        ("ch.ssn", r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}"),
        ("kr.rrn", r"[0-9]{6}-[1-4][0-9]{6}"),
        ("es.nie", r"[XYZ]-?[0-9]{7}-?[A-Z]"),
    )
)
_KEYED_IDS = (
    "us.ssn", "es.dni", "es.nie", "it.codicefiscale", "nl.bsn", "br.cpf", "de.idnr", "pl.pesel",
    "se.personnummer", "fi.hetu", "no.fodselsnummer", "dk.cpr", "tr.tckimlik", "in_.aadhaar",
    "in_.pan", "cl.rut", "mx.curp", "ro.cnp", "bg.egn", "cz.rc", "hr.oib", "fr.nir", "ca.sin",
    "ch.ssn", "be.nn", "ee.ik", "lt.asmens", "pt.nif", "kr.rrn", "cn.ric", "za.idnr", "il.idnr",
    "gr.amka", "hu.anum", "at.vnr", "au.tfn", "th.pin", "is_.kennitala", "ie.pps", "si.emso",
    "my.nric", "id.nik", "ar.dni", "ua.rntrc",
)  # fmt: skip
_NINO = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
_PASSPORT = re.compile(r"[A-Z0-9]{6,9}")


def find_ibans(text: Text) -> Iterator[Found]:
    """Yield start, end and compact form of account numbers with right length and check digits."""
    for match in _IBAN.finditer(text.rest):
        yield from _first_iban(match.group(), match.start(), text.rest)
    for _, context, value, position in text.values():
        if not context.is_personal and re.fullmatch(r"[a-z]{2}[0-9]{2}[a-z0-9 ]{11,36}", value):
            yield from _first_iban(value.upper(), position, "")


def find_cards(text: Text) -> Iterator[Found]:
    """Yield card numbers whose issuer range, length and Luhn digit fit."""
    for match in _CARD.finditer(text.rest):
        context = text.context_at(match.start())
        digits = _digits(match.group())
        is_named = context.card or bool(_CARD_WORDS.search(text.before(match.start())))
        is_alone = not text.key and text.is_all_of_it(*match.span())
        if context.is_id or (context.identifier and not context.card):
            continue
        if not _is_card_grouping(match.group()):
            continue
        if _is_issued(digits, trusted=is_named or is_alone) and _luhn(digits):
            yield match.start(), match.end(), digits


def find_national_ids(text: Text) -> Iterator[Found]:
    """Yield identity numbers of natural persons, by their own shape or under a key that says so."""
    for match in _SSN.finditer(text.rest):
        if _is_valid("us.ssn", _digits(match.group())):
            yield match.start(), match.end(), _digits(match.group())
    for module, shape in _OWN_SHAPE:
        for match in shape.finditer(text.rest):
            if _is_valid(module, match.group()):
                yield match.start(), match.end(), match.group()
    for _, context, value, position in text.values():
        if context.national_id:
            yield from _first_identity(value, position)
    for match in _LABELLED_ID.finditer(text.rest):
        yield from _first_identity(match.group(1), match.start(1))
    lone = text.rest.strip()
    if not text.key and re.fullmatch(r"0[0-9]{8}", lone) and _is_valid("us.ssn", lone):
        yield text.rest.index(lone), text.rest.index(lone) + 9, lone


def _first_identity(written: str, start: int) -> Iterator[Found]:
    """Yield the longest run of leading words that is a valid number."""
    words = list(re.finditer(r"[0-9A-Za-z]+", written[:32]))
    for word in reversed(words):
        candidate = written[: word.end()]
        if _is_identity(candidate, re.sub(r"[^0-9A-Za-z]", "", candidate).upper()):
            yield start, start + word.end(), candidate
            return


def _first_iban(candidate: str, start: int, rest: str) -> Iterator[Found]:
    compact = ""
    for index, char in enumerate(candidate):
        compact += char if char.isalnum() else ""
        following = candidate[index + 1 : index + 2] or rest[start + index + 1 : start + index + 2]
        is_whole = char.isalnum() and not following.isalnum()
        if is_whole and len(compact) >= 15 and _is_valid_iban(compact):
            yield start, start + index + 1, compact
            return


def _is_valid_iban(compact: str) -> bool:
    from stdnum import iban

    return iban.is_valid(compact, check_country=False)


def _luhn(digits: str) -> bool:
    from stdnum import luhn

    return luhn.is_valid(digits)


@lru_cache(maxsize=len(_KEYED_IDS) * 2)
def _validator(module: str) -> Callable[[str], bool] | None:
    try:
        is_valid: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    except ImportError:
        return None
    return is_valid


def _is_valid(module: str, number: str) -> bool:
    validator = _validator(module)
    return bool(validator and validator(number))


def _is_identity(written: str, compact: str) -> bool:
    if sum(char.isdigit() for char in compact) < 5 or len(set(compact)) < 3:
        return False
    if _NINO.fullmatch(compact) or (
        len(compact) <= 9 and _PASSPORT.fullmatch(compact) and not compact.isdigit()
    ):
        return True
    return any(_is_valid(module, compact) or _is_valid(module, written) for module in _KEYED_IDS)


def _digits(written: str) -> str:
    return "".join(char for char in written if char.isdigit())


def _is_card_grouping(written: str) -> bool:
    separators = {char for char in written if not char.isdigit()}
    if not separators:
        return True
    groups = tuple(len(group) for group in re.split(r"[ -]", written))
    return len(separators) == 1 and groups in _CARD_GROUPS


def _is_issued(digits: str, *, trusted: bool) -> bool:
    """Issuer ranges by length; what is rare or looks like an id needs a word that says card."""
    if len(set(digits)) == 1:
        return False
    length, head2, head3, head4 = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    is_visa = digits[0] == "4"
    is_mastercard = 51 <= head2 <= 55 or 2221 <= head4 <= 2720
    is_discover = head4 == 6011 or 644 <= head3 <= 649 or head2 == 65
    is_jcb = head2 == 35
    is_union = head2 == 62 or 8100 <= head4 <= 8171
    if length == 16:
        is_national = 2200 <= head4 <= 2204 or head4 == 9792 or head2 == 60
        return (
            is_visa
            or is_mastercard
            or is_discover
            or is_jcb
            or is_union
            or (trusted and (is_national or head2 in (50, 56, 57, 58, 63, 67)))
        )
    if length == 15:
        return head2 in (34, 37) or head4 in (1800, 2131)
    if length == 14:
        is_diners = 300 <= head3 <= 305 or head3 == 309 or head2 in (36, 38, 39)
        return is_diners and trusted
    if not trusted:
        return False
    is_maestro = head2 in (50, 56, 57, 58, 63, 67, 60, 61, 64, 66, 68, 69)
    return (
        (length in (13, 19) and is_visa)
        or is_maestro
        or (length > 16 and (is_union or is_discover or is_jcb))
    )
