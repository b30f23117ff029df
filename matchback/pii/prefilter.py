"""The first look at a string: regular expressions that RE2 and Python read alike.

Engines run them in WHERE over every string leaf; what all dismiss is never decoded. They err on the
side of letting a string through, so no rule of the detector may find what they dismiss.
"""

from functools import cache

from matchback.pii import keys
from matchback.pii.decode import ASCII_GROUP

# RE2 knows no look-around: what must not stand before a match is spelled out. After an escaped
# mark (%3D, %20, %22, %3A, %7C) the digit or letter of the escape stands before the value.
_START = r"(?:^|%(?:25)*(?:3D|20|22|3A|7C|2F|28|0A)|[^0-9A-Za-z._+-])"
_LOOSE_START = r"(?:^|%(?:25)*(?:3D|20|22|3A|7C|2F|28|0A)|[^0-9A-Za-z])"
_GAP = r"(?:[ ().+/-]|%(?:25)*2[089BD])"
_SPACE = r"(?:[ +-]|%(?:25)*20)"
_IS = r"[\\\"'\]]* ?(?:=|:|%(?:25)*3[AD])(?:[\\\"' \[+]|%(?:25)*(?:2[02B]|5B))*"
_VALUE_FOLLOWS = r"[\\\"']+ ?, ?[\\\"']+value"
_PROSE = r"[^0-9=&/?_%{}\n]"
_MORE_OF_KEY = r"(?:[a-z0-9_.$ \[\]-]|[^\x00-\x7F]|%5[BD])*"
_BETWEEN_WORDS = r"(?:[_ .-]|%20)?"
_SHORT = 4
PERSONAL_VOCABULARIES = (
    "phone", "name", "street", "address", "birth", "card", "ip", "national_id",
)  # fmt: skip

_PHONE_WORDS = (
    "phone|tel|mobile|mob|cell|call|fax|whatsapp|whats app|sms|text|ring|dial|contact|number|reach|"
    "answering|message|registered|desk|office|t[eé]l[eé]f|handy|mobil|m[oó]vil|celular|portable|"
    "rufnummer|puh|tlf|gsm|hotline|numara"
)
_ID_WORDS = (
    "ssn|social security|national id|national insurance|nino|dni|nie|nif|codice fiscale|bsn|cpf|"
    "pesel|steuer|personnummer|hetu|cpr|aadhaar|rut|curp|cnp|egn|tckn|tc kimlik|id card|identity|"
    "tax id|insee|nir|ahv"
)
_BIRTH_WORDS = "born|geboren|n[ée]e? le|nat[oa] il|nacid[oa] el|date of birth|dob|birth ?date"


# Numbers that only a line of their own, standing under no key, lets one take for a phone or an SSN.
_KEYLESS = (
    rf"{_LOOSE_START}(?:0[1-9][0-9]{{8,9}})(?:$|[^0-9])",
    r"^\s*(?:[2-5][0-9]{9}|0[0-9]{8})\s*$",
)


@cache
def prefilter_patterns(*, has_key: bool = False) -> tuple[str, str]:
    """Return two patterns, shapes and key words; personal data matches one. No quote is in them.

    Two, because RE2's cache of states holds either, but not both as one alternation: without it
    the same search takes five times as long.
    `has_key`: the strings stand under keys or in columns, so bare numbers are no phones.
    """
    shapes = (
        "@|%(?:25)*40|\uff20|&#|&commat|u0040|" r"[\[({] ?(?:at|AT|At) ?[\])}]",
        rf"(?:^|[^A-Za-z0-9+_-])(?:(?:{ASCII_GROUP}){{4}}|e[yw][A-Za-z0-9+/_-]{{10}})",
        rf"(?:\+|%(?:25)*2B)(?: |%20|%28|\(){{0,2}}[0-9](?:{_GAP}*[0-9]){{6}}",
        rf"{_START}\(?00{_GAP}?[1-9](?:{_GAP}*[0-9]){{6}}",
        r"(?:wa\.me|t\.me|tel|sms|smsto|callto|facetime|viber)(?:[:/]|%3A|%2F){1,3}(?:\+|%2B)?[0-9]",
        r"(?:^|%(?:25)*(?:3D|20|22|3A|7C|2F)|[^0-9A-Za-z./])(?:[0-9]{1,3}\.){3}[0-9]{1,3}",
        r"(?:[0-9A-Fa-f]{1,4}(?::|%3A)){5}|::[0-9A-Fa-f]|[0-9A-Fa-f]::|(?:^|[ =])::(?:$|[ ,])",
        rf"{_START}(?:[2-6][0-9]{{3}}|1800)(?:{_SPACE}?[0-9]){{8,15}}(?:$|[^0-9])",
        rf"{_LOOSE_START}[A-Z]{{2}}[0-9]{{2}}(?:{_SPACE}?[A-Z0-9]){{11}}",
        rf"{_START}[0-9]{{3}}(?:[. +-]|%20)[0-9]{{2}}(?:[. +-]|%20)[0-9]{{4}}(?:$|[^0-9])",
        r"[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]|[A-Z]{4}[0-9]{6}[HM][A-Z]{5}",
        r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}|756\.[0-9]{4}\.|[XYZ]-?[0-9]{7}-?[A-Z]",
        rf"{_LOOSE_START}[0-9]{{6}}(?:[-A+]|%2B)[0-9]{{3}}[0-9A-Y]",
        rf"{_START}\(?0[0-9]{{0,5}}\)?(?:(?:[ /+-]|%2[0F9]){{1,2}}[0-9]{{2,8}}){{1,5}}",
        rf"{_START}0[0-9]{{1,5}}\)?(?:\.[0-9]{{2,8}}){{1,5}}",
        r"[0-9]{3}[).-](?:[ +]|%20)?[0-9]{3}[. +-][0-9]{4}",
        r"\([0-9]{2,5}\)(?:[ +]|%20)?[0-9]{2,5}",
        r"^\s*(?:[0-9]{4,5}[ .-][0-9]{4,5}|[0-9]{2,5}(?:[ .-][0-9]{2,5}){2,5})\s*$",
        rf"(?i:{_PHONE_WORDS}|☎|📞){_PROSE}*[0-9](?:{_GAP}*[0-9]){{6}}",
        rf"[0-9]{{2}}{_GAP}{{0,3}}(?i:office|fax|mobile?|home|cell|desk|work|handy|tel)",
        rf"(?i:{_ID_WORDS}){_PROSE}*[0-9]",
        rf"(?i:{_BIRTH_WORDS})[ :]{{1,3}}[0-9]",
    )
    chosen = shapes if has_key else shapes + _KEYLESS
    is_personal = f"(?:{_IS}{_value_of_a_person()}|{_VALUE_FOLLOWS})"
    key_words = rf"(?i:{_key_words()})(?i:{_MORE_OF_KEY}){is_personal}"
    return "|".join(f"(?:{shape})" for shape in chosen), key_words


def _key_words() -> str:
    """Words of personal keys; `name` and its like only after a word for a person, or as a pair."""
    short, long = _split(_personal_words() | {"fn", "ln", "first", "last"})
    of_a_person = f"(?:{'|'.join(sorted(keys.PERSON_WORDS))}){_MORE_OF_KEY}"
    weak = f"{of_a_person}(?:{'|'.join(sorted(keys.WEAK_NAME_WORDS))})"
    return f"{_any_of(long)}|(?:^|[^a-z])(?:{_any_of(short)})|{weak}"


def _personal_words() -> frozenset[str]:
    written = keys.written_words()
    return frozenset({"iban"}).union(*(written[name] for name in PERSONAL_VOCABULARIES))


def _any_of(words: list[str]) -> str:
    return "|".join(word.replace("_", _BETWEEN_WORDS) for word in words)


def _split(words: frozenset[str]) -> tuple[list[str], list[str]]:
    """Return short words, which want a boundary, and long ones without those another begins."""
    long = {word for word in words if len(word) > _SHORT or not word.isascii()}
    kept = {
        word for word in long if not any(word != part and word.startswith(part) for part in long)
    }
    return sorted(words - long), sorted(kept)


def _value_of_a_person() -> str:
    """Anything but nothing, a mark, or a digest: a digest's run of hex digits is longer."""
    return r"(?:[^0-9A-Fa-f&\"\s,}\[\]{\\]|[0-9A-Fa-f]{1,31}(?:[^0-9A-Fa-f]|$))"
