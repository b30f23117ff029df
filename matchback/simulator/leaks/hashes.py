"""Leaks of hashing: wrong formats, placeholders, wrong normalisation, constants, never-hash."""

import base64
import hashlib
import math
from collections.abc import Callable

from matchback.core.errors import ConfigError
from matchback.simulator.leaks.registry import Injection, Leak
from matchback.simulator.meta import PLAIN_KEYS
from matchback.simulator.people import Person, sha256

JUNK = (("ph", ""), ("fn", "null"), ("zp", "undefined"), ("ct", "unknown"))
SMALLEST_CONSTANT = 25
CONSTANT_SHARE = 0.015


def _digest(name: str, text: str) -> str:
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


FORMAT_DEFECTS: dict[str, Callable[[str], str]] = {
    "plain": lambda email: email,
    "md5": lambda email: _digest("md5", email),
    "sha1": lambda email: _digest("sha1", email),
    "sha512": lambda email: _digest("sha512", email),
    "base64": lambda email: base64.b64encode(hashlib.sha256(email.encode()).digest()).decode(),
    "upper_case": lambda email: sha256(email).upper(),
    "truncated": lambda email: sha256(email)[:50],
}


@Leak("hash_format", "hash_format", "An em that is no SHA-256 in lower-case hex.", default=7)
def hash_format(injection: Injection) -> None:
    for number, row in enumerate(injection.choose(injection.purchases())):
        defect = list(FORMAT_DEFECTS)[number % len(FORMAT_DEFECTS)]
        email = _person(injection, row).email
        injection.change_payload(row, ("user_data", "em"), FORMAT_DEFECTS[defect](email))
        injection.expect(row, defect)
        if defect == "plain":
            injection.expect(row, "email", check_id="plain_pii")


@Leak("hash_junk", "hash_junk", "The hash of an empty or placeholder value.")
def hash_junk(injection: Injection) -> None:
    for number, row in enumerate(injection.choose(injection.purchases())):
        key, literal = JUNK[number % len(JUNK)]
        injection.change_payload(row, ("user_data", key), sha256(literal))
        injection.expect(row)


@Leak("hash_mismatch", "hash_mismatch", "A hash that fits no accepted form.", default=9)
def hash_mismatch(injection: Injection) -> None:
    rows = injection.without_click(injection.purchases())
    for number, row in enumerate(injection.choose(rows)):
        defect = list(MISMATCHES)[number % len(MISMATCHES)]
        MISMATCHES[defect](injection, row)
        injection.expect(row, defect)


def _person(injection: Injection, row: int) -> Person:
    return injection.world.person(int(injection.world.client["visitor"][row]))


def _send_email_hash(injection: Injection, row: int, text: str) -> None:
    injection.change_payload(row, ("user_data", "em"), sha256(text))


def _write_email_in_crm(injection: Injection, row: int, email: str) -> None:
    injection.world.contact_patches[injection.order(row)]["email"] = email


def _not_lowercased(injection: Injection, row: int) -> None:
    written = _person(injection, row).email.capitalize()
    _write_email_in_crm(injection, row, written)
    _send_email_hash(injection, row, written)


def _not_trimmed(injection: Injection, row: int) -> None:
    written = f"{_person(injection, row).email} "
    _write_email_in_crm(injection, row, written)
    _send_email_hash(injection, row, written)


def _double_hashed(injection: Injection, row: int) -> None:
    _send_email_hash(injection, row, sha256(_person(injection, row).email))


def _md5_then_sha256(injection: Injection, row: int) -> None:
    _send_email_hash(injection, row, _digest("md5", _person(injection, row).email))


def _missing_country_code(injection: Injection, row: int) -> None:
    number = _person(injection, row).national_number
    injection.change_payload(row, ("user_data", "ph"), sha256(number))


def _e164_plus(injection: Injection, row: int) -> None:
    digits = _person(injection, row).phone_digits
    injection.change_payload(row, ("user_data", "ph"), sha256(f"+{digits}"))


def _gmail_folded(injection: Injection, row: int) -> None:
    """Fold a mailbox that nobody can own: Gmail allows no underscore."""
    _write_email_in_crm(injection, row, f"invented_customer.{row}+shop@gmail.com")
    _send_email_hash(injection, row, f"invented_customer{row}@gmail.com")


def _other_customer(injection: Injection, row: int) -> None:
    for other in injection.without_click(injection.purchases()).tolist():
        visitor = int(injection.world.client["visitor"][other])
        if visitor not in injection.taken:
            injection.taken.add(visitor)
            _send_email_hash(injection, row, injection.world.person(visitor).email)
            return
    raise ConfigError("--leak hash_mismatch finds no other customer; use a larger world.")


def _unexplained(injection: Injection, row: int) -> None:
    _send_email_hash(injection, row, f"unexplained {row} {injection.options.seed}")


MISMATCHES: dict[str, Callable[[Injection, int], None]] = {
    "not_lowercased": _not_lowercased,
    "not_trimmed": _not_trimmed,
    "double_hashed": _double_hashed,
    "md5_then_sha256": _md5_then_sha256,
    "missing_country_code": _missing_country_code,
    "e164_plus": _e164_plus,
    "gmail_folded": _gmail_folded,
    "other_customer": _other_customer,
    "unexplained": _unexplained,
}


@Leak(
    "hash_constant",
    "hash_constant",
    "One e-mail hash on many leads.",
    default=1,
    keeps_default_in_mixed=True,
)
def hash_constant(injection: Injection) -> None:
    rows = injection.without_click(injection.delivered("generate_lead", "sign_up"))
    constants = injection.wanted(1)
    carriers = int(injection.world.server["has_contact"].sum())
    repeats = max(SMALLEST_CONSTANT, math.ceil(carriers * CONSTANT_SHARE))
    for number in range(constants):
        for row in injection.choose(rows, wanted=repeats):
            _send_email_hash(injection, row, f"guest{number}@example.com")
        injection.truth.expect("hash_constant", None)


@Leak("never_hash", "never_hash", "A key that must stay plain, sent hashed.")
def never_hash(injection: Injection) -> None:
    for number, row in enumerate(injection.choose(injection.ordinary())):
        key = PLAIN_KEYS[number % len(PLAIN_KEYS)]
        injection.change_payload(row, ("user_data", key), sha256(f"{key} {row}"))
        injection.expect(row)
