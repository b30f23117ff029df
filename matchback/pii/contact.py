"""Ways to reach or locate a person: e-mail addresses, telephone numbers, network addresses."""

import ipaddress
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path

from matchback.pii.text import Text

Found = tuple[int, int, str]

_LOCAL = re.compile(r"(?:\"[^\"@\n]{1,60}\"|[\w.!#$&'\u2019*+^`|~-]{0,63}[\w+'\u2019-])$")
_DOMAIN = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?){1,8}")
_RETINA = re.compile(r"\d+(?:\.\d+)*x?(?:\.|$)")
_FILE_DOMAINS = frozenset(["zip", "mov", "md", "sh", "rs", "py", "app"])
_IN_AUTHORITY = re.compile(r"://[^/?#\s@\"']*$")

_IPV4 = re.compile(r"(?<![\w.+-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-]|\.[0-9])")
_IPV6 = re.compile(
    r"(?<![0-9A-Fa-f.:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?:\.[0-9]{1,3}){0,3}"
    r"(?![\w:]|\.[0-9])"
)
_IPV6_AFTER_WORD = re.compile(r"(?=[A-Fa-f]*[0-9])[^:]{4}:[^:]+:+[^:]")
_IP_WORDS = re.compile(
    r"(?:\b(?:ipv?[46]?|addr\w*|host|from|client|remote|block\w*|src|dst|source|subnet|route|"
    r"prefix|"
    r"broadcast|private|loopback|unspecified|link-local|mapped|tunnel|gateway|visitor|proxy|ping|"
    r"user|local|login|connect\w*)\b[^0-9]{0,20}|=)$"
)
_VERSION_WORDS = re.compile(
    r"(?:\b(?:version|ver|v|build|firmware|release|agent|os|sdk)\.?[ :=/]{0,2}|[a-z]/)$"
)

_PHONE = re.compile(
    r"(?<![\w.@+*-])(?:\+ ?)?\(?[0-9](?:[ ().\-/]{0,3}[0-9]){6,16}"
    r"(?:\s?(?:x|ext\.?|#)\s?[0-9]{1,6})?(?![\w@*]|[.,:][0-9])",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"\s?(?:x|ext\.?|#)\s?[0-9]{1,6}$", re.IGNORECASE)
_PHONE_LINK = re.compile(
    r"(?:wa\.me/|tel:|sms:|smsto:|callto:|facetime:|phone=|number=|viber://\S{0,30}|t\.me/)\+?$"
)
_PHONE_WORDS_BEFORE = re.compile(
    r"(?:\b(?:(?:tele)?phone|tel|mobile|mob|cell|call(?:ed|ing)?(?: me| us)?(?: (?:at|on|back))?|"
    r"fax|whats ?app|sms|text|ring|dial|contact|number|reach|answering|messages?|"
    r"registered|desk|office|"
    r"t[eé]l[eé]fon\w*|telefoon\w*|handy\w*|mobil\w*|m[oó]vil|celular|portable|rufnummer|puh\w*|tlf|"
    r"gsm|hotline|numara\w*)\b[^0-9\n]{0,24}|[☎📞])$"
)
_PHONE_WORDS_AFTER = re.compile(
    r"\s?[\-(,/]?\s?(?:office|fax|mobile|home|cell|desk|work|handy|tel|mobil|telefon)\b"
)
_OTHER_NUMBER_WORDS = re.compile(
    r"\b(?:order|card|part|ref\w*|account|serial|model|invoice|tracking|customer|item|"
    r"art\w*|oem|sku|"
    r"ean|isbn|case|ticket|id|no|nr|parcel|shipment|filter|lot|vin|policy)\b\W{0,4}(?:number|no|nr|#)?\W{0,4}$"
)
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:\D.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?:\D.*)?")
_NORTH_AMERICAN = re.compile(r"\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}([-.])\d{3}\1\d{4}")
_TRUNK_BARE = re.compile(r"0[1-9]\d{8,9}")
_TEN_DIGITS = re.compile(r"[2-5]\d{9}")
_TRUNK_GROUPED = re.compile(r"\(?0\d{0,5}\)?(?:[ ./-]{1,2}\d{2,8}){1,5}")
_AREA_IN_PARENTHESES = re.compile(r"(?:8 )?\(\d{2,5}\) ?\d{2,5}(?:[ -]?\d{2,5}){1,3}")
_GROUPED = re.compile(r"\d{2,5}(?:([ .-])\d{2,5})(?:\1\d{2,5}){0,4}")
# Ten digits alone on a line are mostly an order's; few of those fit this plan: worth a guess.
COUNTRY_WRITTEN_BARE = "TR"
PLANS = (
    "US", "GB", "DE", "FR", "IT", "ES", "NL", "BE", "PL", "PT", "AT", "CH", "SE", "NO", "DK",
    "FI", "IE", "CZ", "SK", "HU", "RO", "BG", "GR", "HR", "SI", "RS", "UA", "RU", "TR", "IL",
    "AE", "SA", "EG", "ZA", "NG", "KE", "IN", "PK", "BD", "LK", "TH", "VN", "ID", "MY", "SG",
    "PH", "CN", "TW", "HK", "JP", "KR", "AU", "NZ", "BR", "AR", "CL", "CO", "PE", "MX", "EE",
    "LV", "LT",
)  # fmt: skip


def find_emails(text: Text) -> Iterator[Found]:
    """Yield mail addresses whose domain ends in a delegated top-level domain."""
    content = text.rest
    at = content.find("@")
    while at >= 0:
        local = _LOCAL.search(content, max(0, at - 64), at)
        domain = _DOMAIN.match(content, at + 1)
        if local and domain and _is_mail(content, local.start(), at, domain.group()):
            name = local.group().lstrip("'\u2019.").lower()
            yield local.start(), domain.end(), f"{name}@{domain.group().lower()}"
        at = content.find("@", at + 1)


def find_ip_addresses(text: Text) -> Iterator[Found]:
    """Yield IPv4 and IPv6 addresses; version numbers, times and host names of URLs are none."""
    for match in _IPV6.finditer(text.rest):
        if _is_ipv6(match.group(), text, match.start()):
            yield match.start(), match.end(), match.group().lower()
    for match in _IPV4.finditer(text.rest):
        if _is_ipv4(match.group(), text, match.start(), match.end()):
            yield match.start(), match.end(), match.group()


def find_phones(text: Text, country: str | None = None) -> Iterator[Found]:
    """Yield telephone numbers as digits; national ones need a key, a word or a phone's look."""
    for match in _PHONE.finditer(text.rest):
        written = _EXTENSION.sub("", match.group())
        digits = "".join(char for char in written if char.isdigit())
        if not 7 <= len(digits) <= 15 or len(set(digits)) <= 2 or _DATE.fullmatch(written):
            continue
        if _is_phone(text, match, written, digits, country):
            yield match.start(), match.end(), digits


def _is_mail(content: str, start: int, at: int, domain: str) -> bool:
    labels = domain.split(".")
    top = labels[-1].lower()
    if not (top in top_level_domains() or top.startswith("xn--") or not top.isascii()):
        return False
    if top.isdigit() or (
        _RETINA.match(".".join(labels[:-1])) and (top in _FILE_DOMAINS or labels[0].endswith("x"))
    ):
        return False
    if content[start - 1 : start] in ("@", "*") or content[start:at] == "git":
        return False
    return not _IN_AUTHORITY.search(content, max(0, start - 100), at)


@cache
def top_level_domains() -> frozenset[str]:
    """Return the delegated ASCII top-level domains that ship with the detector."""
    lines = (Path(__file__).parent / "tlds.txt").read_text(encoding="ascii").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _is_ipv6(written: str, text: Text, start: int) -> bool:
    if written.count(":") < 2 or not _parses(written):
        return False
    has_digit = any(char.isdigit() for char in written)
    if text.before(start, 1).isalnum() and not _IPV6_AFTER_WORD.match(written):
        return False
    if written.count(":") >= 7 or has_digit:
        return True
    return text.context_at(start).ip or bool(_IP_WORDS.search(text.before(start, 30)))


def _is_ipv4(written: str, text: Text, start: int, end: int) -> bool:
    if not _parses(written):
        return False
    context = text.context_at(start)
    if context.ip:
        return True
    before = text.before(start, 30)
    if context.version or _VERSION_WORDS.search(before) or before.endswith("://"):
        return False
    octets = [int(octet) for octet in written.split(".")]
    is_unlike_version = sum(octet >= 25 for octet in octets) >= 3
    is_unlike_version |= sum(octet >= 100 for octet in octets) >= 2 and octets[-2:] != [0, 0]
    is_local = written.startswith(("192.168.", "127.0.", "169.254."))
    is_network = bool(re.match(r"/[0-9]{1,2}\b", text.after(end)))
    return is_unlike_version or is_local or is_network or bool(_IP_WORDS.search(before))


def _parses(written: str) -> bool:
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True


def _is_phone(
    text: Text, match: re.Match[str], written: str, digits: str, country: str | None
) -> bool:
    context = text.context_at(match.start())
    before = text.before(match.start(), 48)
    if context.is_id and not written.startswith("+"):
        return False
    if context.phone or _PHONE_LINK.search(before):
        return _is_subscriber(digits, country, lenient=True)
    if written.startswith("+"):
        is_lone = not text.key and text.is_all_of_it(*match.span())
        return _is_international(_without_trunk_zero(written)) or (is_lone and len(digits) > 9)
    if context.identifier or context.version or context.card or context.national_id:
        return False
    if _OTHER_NUMBER_WORDS.search(before):
        return False
    is_alone = text.is_all_of_it(*match.span())
    if re.search(r"[0-9]\w*[ -]$|\w*[0-9][a-z]+[ -]$", before):
        return False
    if digits.startswith("00") and (is_alone or written != digits):
        return _is_international(digits[2:])
    if _PHONE_WORDS_BEFORE.search(before) or _PHONE_WORDS_AFTER.match(text.after(match.end())):
        return _is_subscriber(digits, country, lenient=written != digits)
    return _is_written_like_phone(text, written, digits, country, is_alone)


def _is_written_like_phone(
    text: Text, written: str, digits: str, country: str | None, is_alone: bool
) -> bool:
    if _NORTH_AMERICAN.fullmatch(written):
        return True
    if _TRUNK_GROUPED.fullmatch(written) and len(digits) >= 9:
        return _is_in_a_plan(digits, country)
    if _AREA_IN_PARENTHESES.fullmatch(written) and len(digits) >= 8:
        return _is_in_a_plan(digits, country)
    if not text.key and _TRUNK_BARE.fullmatch(written):
        return _is_in_a_plan(digits, country)
    if not text.key and is_alone and _TEN_DIGITS.fullmatch(written):
        return _is_in_plan_of(digits, country or COUNTRY_WRITTEN_BARE)
    groups = _GROUPED.fullmatch(written)
    if not (is_alone and groups):
        return False
    shortest = {".": 10, " ": 8, "-": 9}[groups.group(1)]
    is_grouped = len(re.split(r"[ .-]", written)) > 2 or len(digits) > 8
    return is_grouped and shortest <= len(digits) <= 11 and _is_in_a_plan(digits, country)


def _without_trunk_zero(written: str) -> str:
    """Return the digits of +46 (0)8 123 as they are dialled from abroad."""
    return "".join(char for char in written.replace("(0)", "") if char.isdigit())


def _is_subscriber(digits: str, country: str | None, *, lenient: bool) -> bool:
    """True for a number under a phone's key or word; lenient where only its length need fit."""
    if lenient and digits not in "01234567890123456":
        return True
    return _is_international(digits.removeprefix("00")) or _is_in_a_plan(digits, country)


@lru_cache(maxsize=65536)
def _is_international(digits: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=65536)
def _is_in_a_plan(digits: str, country: str | None) -> bool:
    """True where some country's numbering plan, the hinted one first, has this national number."""
    return any(_is_in_plan_of(digits, region) for region in ((country,) if country else ()) + PLANS)


def _is_in_plan_of(digits: str, region: str) -> bool:
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number_for_region(number, region)
