"""How a contact value is written before it is hashed, per field: every form Meta accepts.

`documented` is the rule on Meta's page for customer information parameters; `business_sdk` and
`param_builder` are what its Business SDKs and its Parameter Builder produce from the same value.
Pure functions of one value; none raises on any text, each returns form name -> plain value.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date

from matchback.hashing.countries import COUNTRIES, Country, country_named, country_within
from matchback.hashing.regions import region_within

Fold = Callable[[str], str]

_ASCII_PUNCTUATION = re.compile(r"[\s!-/:-@\[-`{-~]+")
_WHITESPACE = re.compile(r"\s+")
_NOT_LETTER = re.compile(r"[^a-z]+", re.IGNORECASE)
_NOT_ALPHANUMERIC = re.compile(r"[^a-z0-9]+", re.IGNORECASE)
_SDK_PLACE_NOISE = re.compile(r"[0-9.\s\-()]+")
_NODE_PHONE_NOISE = re.compile(r"[a-z\s\-()@#]+")
_NOT_DIGIT = re.compile(r"[^0-9]+")
_NUMBER = re.compile(r"[0-9]+")
_GMAIL = re.compile(r"^([^@+]+)(\+[^@]*)?@(?:gmail|googlemail)\.com$")
_EXTENSION = re.compile(r"\s*(?:ext\.?|extension|x|#)\s*[0-9]{1,6}\s*$", re.IGNORECASE)

_MALE_WORDS = frozenset(
    (
        *("m", "male", "man", "men", "boy", "boys", "gentleman", "guy", "sir", "mister", "mr"),
        *("son", "father", "dad", "daddy", "papa", "uncle", "nephew", "brother", "husband"),
        *("boyfriend", "groom", "widower", "king", "prince", "duke", "count", "emperor", "god"),
        *("lord", "lad", "fellow", "chap", "bloke", "dude", "he", "him", "his", "himself"),
    )
)
_FEMALE_WORDS = frozenset(
    (
        *("f", "female", "woman", "women", "girl", "girls", "lady", "madam", "ma'am", "miss"),
        *("ms", "mrs", "daughter", "mother", "mom", "mommy", "mama", "mum", "aunt", "niece"),
        *("sister", "wife", "girlfriend", "bride", "widow", "queen", "princess", "duchess"),
        *("countess", "empress", "goddess", "maiden", "belle", "lass", "gal", "chick", "dame"),
        *("she", "her", "hers", "herself"),
    )
)


def email_forms(value: str, fold: Fold) -> dict[str, str]:
    """Trimmed and in lower case: the one field on which everybody agrees."""
    return {"documented": fold(value.strip())}


def gmail_folded(email: str) -> list[str]:
    """Return what Google's rule makes of a normalised Gmail address; empty for other providers."""
    match = _GMAIL.match(email)
    if not match:
        return []
    local, tag = match[1], match[2] or ""
    domain = email.rpartition("@")[2]
    folded = local.replace(".", "")
    written = [folded + "@gmail.com", folded + "@" + domain, local + "@" + domain]
    written += [folded + tag + "@" + domain, local + tag + "@gmail.com"]
    return [variant for variant in dict.fromkeys(written) if variant != email]


def name_forms(value: str, fold: Fold) -> dict[str, str]:
    """Lower case; Meta's page drops punctuation, its builder the spaces too, its SDKs neither."""
    text = fold(value.strip())
    if text.isalpha():
        return {"documented": text}
    return {
        "documented": "".join(filter(_is_letter_digit_or_space, text)).strip(),
        "business_sdk": text,
        "param_builder": _ASCII_PUNCTUATION.sub("", text),
        "documented_joined": "".join(filter(_is_letter_or_digit, text)),
    }


def city_forms(value: str, fold: Fold) -> dict[str, str]:
    """Lower case without punctuation and spaces; the builder keeps only the letters of ASCII."""
    text = fold(value.strip())
    return {
        "documented": "".join(filter(_is_letter_or_digit, text)),
        "business_sdk": _SDK_PLACE_NOISE.sub("", text),
        "param_builder": _builder_city(text),
    }


def state_forms(value: str, fold: Fold) -> dict[str, str]:
    """Lower case; two letters for a US state or Canadian province, and for all by the builder."""
    text = fold(value.strip())
    letters = _NOT_LETTER.sub("", text)
    region = region_within(letters.lower())
    builder = letters if len(letters) <= 2 else fold(region.upper()) if region else letters[:2]
    return {
        "documented": "".join(filter(_is_letter_or_digit, text)),
        "business_sdk": _SDK_PLACE_NOISE.sub("", text),
        "param_builder": builder,
    }


def zip_forms(value: str, fold: Fold) -> dict[str, str]:
    """Lower case without spaces and dashes, five digits in the US; the SDKs cut at the dash."""
    text = fold(value.strip())
    before_dash = text.partition("-")[0]
    forms = {
        "documented": _WHITESPACE.sub("", text).replace("-", ""),
        "business_sdk": _WHITESPACE.sub("", before_dash),
        "param_builder": before_dash,
    }
    digits = _NOT_DIGIT.sub("", text)
    if len(digits) == 9 and digits == forms["documented"]:
        forms["documented_us"] = digits[:5]
    return forms


def country_forms(value: str, fold: Fold) -> dict[str, str]:
    """The ISO 3166-1 code in lower case, from a code or a name; the builder guesses two letters."""
    text = fold(value.strip())
    letters = _NOT_LETTER.sub("", text)
    named = country_named(value)
    forms = {"documented": fold(named.code)} if named else {}
    within = country_within(letters.lower())
    builder = fold(within.code) if within else letters[:2]
    return forms | {
        "business_sdk": letters[:2] if len(letters) == 2 else "",
        "param_builder": builder,
    }


def birth_date_forms(value: str, fold: Fold) -> dict[str, str]:
    """YYYYMMDD; the Business SDKs hash the value as it stands."""
    text = fold(value.strip())
    written = {f"documented_{order}": day for order, day in _birth_dates(text)}
    return written | {"business_sdk": text}


def gender_forms(value: str, fold: Fold) -> dict[str, str]:
    """One letter, f or m, from the letter or the word."""
    word = "".join(filter(_is_word_character, value.lower()))
    if word in _MALE_WORDS:
        return {"documented": fold("M")}
    if word in _FEMALE_WORDS:
        return {"documented": fold("F")}
    return {}


def external_id_forms(value: str, fold: Fold) -> dict[str, str]:
    """Lower case, trimmed (raw is allowed too); the builder drops inner spaces as well."""
    text = fold(value.strip())
    return {"documented": text, "param_builder": _WHITESPACE.sub("", text)}


def phone_forms(value: str, country: Country | None) -> dict[str, str]:
    """Digits with country code; a national number is completed with the country's.

    Without a country a national number stays as the SDKs leave it.
    """
    international = _international_digits(value)
    if international:
        forms = _named("documented", _without_trunk_zero(value, international))
        return forms | {"business_sdk_node": _node_phone(value)}
    digits = _NOT_DIGIT.sub("", value)
    if not digits.strip("0"):
        return {}
    if country is None or not country.calling_code:
        return {
            "param_builder": digits.lstrip("0"),
            "business_sdk": _sdk_digits(digits),
            "business_sdk_node": _node_phone(value),
        }
    return _named("documented", _completed(digits, country))


def national_numbers(value: str, complete: str, country: Country | None) -> list[str]:
    """Return the ways to write a complete number that lack its country code."""
    plan = country if country and complete.startswith(country.calling_code or "-") else None
    if plan is None or _international_digits(value):
        plan = _plan_of(complete) or plan
    if plan is None:
        return []
    national = complete[len(plan.calling_code) :].lstrip("0")
    bare = _NOT_DIGIT.sub("", value)
    written = [national, plan.trunk_prefix + national, "0" + national]
    if not bare.startswith(plan.calling_code) and not _international_digits(value):
        written += [bare, bare.lstrip("0")]
    return [number for number in dict.fromkeys(written) if number and number != complete]


def _is_word_character(character: str) -> bool:
    return character.isalpha() or character == "'"


def _is_letter_or_digit(character: str) -> bool:
    return character.isalnum() or character in _COMBINING


def _is_letter_digit_or_space(character: str) -> bool:
    return character == " " or _is_letter_or_digit(character)


# Accents of decomposed text (NFD) are part of the letter before them.
_COMBINING = frozenset(map(chr, range(0x300, 0x370)))


def _builder_city(text: str) -> str:
    kept = _NOT_ALPHANUMERIC.sub("", text)
    return "" if kept[:1].isdigit() else kept


def _named(form: str, values: list[str]) -> dict[str, str]:
    names = [form, *(f"{form}_{count}" for count in range(2, len(values) + 1))]
    return dict(zip(names, values, strict=True))


def _sdk_digits(digits: str) -> str:
    return digits[2:] if digits.startswith("00") else digits


def _node_phone(value: str) -> str:
    """Return what the Node SDK leaves of a number: other punctuation than -()@# stays."""
    return _NODE_PHONE_NOISE.sub("", value.strip().lower()).removeprefix("+").removeprefix("00")


def _international_digits(value: str) -> str:
    """Return the digits of a number written with + or 00, else an empty string."""
    text = value.strip().lower().removeprefix("tel:").strip()
    digits = _NOT_DIGIT.sub("", text)
    if text.startswith("+") or digits.startswith("00"):
        return digits.lstrip("0")
    return ""


def _without_trunk_zero(value: str, digits: str) -> list[str]:
    """Return an international number as written, and without a trunk zero or an extension."""
    variants = [digits]
    plan = _plan_of(digits)
    if plan and not plan.keeps_leading_zero:
        national = digits[len(plan.calling_code) :]
        if national.startswith("0"):
            variants.insert(0, plan.calling_code + national.lstrip("0"))
    shortened = _EXTENSION.sub("", value)
    if shortened != value:
        variants.insert(0, _NOT_DIGIT.sub("", shortened).lstrip("0"))
    return [number for number in dict.fromkeys(variants) if number]


def _completed(digits: str, country: Country) -> list[str]:
    """Return national digits with the country's calling code, the most likely reading first."""
    code = country.calling_code
    trunk = country.trunk_prefix
    if trunk and digits.startswith(trunk) and digits != trunk:
        national = digits.removeprefix(trunk)
        return list(dict.fromkeys([code + national, code + national.lstrip("0")]))
    readings = [code + digits.lstrip("0")]
    if country.keeps_leading_zero:
        readings.insert(0, code + digits)
    rest = len(digits) - len(code)
    if digits.startswith(code) and country.shortest <= rest <= country.longest:
        if len(digits) > country.longest:
            return [digits]
        readings.append(digits)
    return list(dict.fromkeys(readings))


def _plan_of(complete: str) -> Country | None:
    """Return a country with the calling code an international number begins with."""
    for length in (1, 2, 3):
        found = _BY_CALLING_CODE.get(complete[:length])
        if found:
            return found
    return None


# Calling codes are prefix-free; the country first in the table stands for those that share one.
_MAIN_COUNTRY = ("US", "RU", "GB", "IT", "NO", "AU", "FI", "MA", "GP", "RE", "SH", "CW")
_BY_CALLING_CODE = {
    country.calling_code: country
    for country in [*COUNTRIES.values(), *(COUNTRIES[code] for code in _MAIN_COUNTRY)]
    if country.calling_code
}


def _birth_dates(text: str) -> Iterator[tuple[str, str]]:
    """Yield the readings of a written date as (order, YYYYMMDD)."""
    groups = _NUMBER.findall(text)
    if len(groups) == 1 and len(groups[0]) == 8:
        yield "ymd", groups[0]
        return
    if len(groups) < 3:
        return
    first, second, third = groups[:3]
    if len(first) == 4:
        orders = {"ymd": (first, second, third), "ydm": (first, third, second)}
    elif len(third) == 4:
        orders = {"mdy": (third, first, second), "dmy": (third, second, first)}
    else:
        return
    for order, parts in orders.items():
        year, month, day = map(int, parts)
        if 1800 <= year <= date.max.year and 1 <= month <= 12 and 1 <= day <= 31:
            yield order, f"{year:04}{month:02}{day:02}"
