"""Leaks of personal data and secrets in plain text."""

import base64
from collections.abc import Callable
from urllib.parse import quote

from matchback.simulator.leaks.registry import GTMS_FORMATS, Injection, Leak
from matchback.simulator.randomness import hex_ids
from matchback.simulator.world import page_url

TEST_CARD = "4111 1111 1111 1111"
DOCUMENTED_IBAN = "DE89 3704 0044 0532 0130 00"
FICTIONAL_PHONE = "+49 30 23125 042"


def _mailbox(row: int) -> str:
    return f"lost.letter{row}@example.com"


def _set_param(injection: Injection, row: int, key: str, text: str) -> None:
    injection.world.client_patches[row].params[key] = text


def _email_in_url(injection: Injection, row: int) -> None:
    _set_param(injection, row, "page_location", page_url(f"/welcome?email={_mailbox(row)}"))


def _encoded_email_in_url(injection: Injection, row: int) -> None:
    _set_param(injection, row, "page_location", page_url(f"/welcome?e={quote(_mailbox(row))}"))


def _base64_email_in_url(injection: Injection, row: int) -> None:
    text = base64.urlsafe_b64encode(_mailbox(row).encode()).decode().rstrip("=")
    _set_param(injection, row, "page_location", page_url(f"/welcome?u={text}"))


def _phone_in_url(injection: Injection, row: int) -> None:
    number = quote(FICTIONAL_PHONE.replace(" ", ""))
    _set_param(injection, row, "page_location", page_url(f"/callback?phone={number}"))


def _email_in_user_property(injection: Injection, row: int) -> None:
    injection.world.client_patches[row].user_properties["membership_level"] = _mailbox(row)


def _email_in_custom_data(injection: Injection, row: int) -> None:
    text = f"Order for {_mailbox(row)}"
    injection.change_payload(row, ("custom_data", "content_name"), text)


def _encoded_email_in_source_url(injection: Injection, row: int) -> None:
    url = page_url(f"/welcome?e={quote(_mailbox(row))}")
    injection.change_payload(row, ("event_source_url",), url)


def _phone_in_crm_note(injection: Injection, row: int) -> None:
    note = f"please call {FICTIONAL_PHONE} before delivery"
    injection.world.orders["note"][injection.order(row)] = note


def _card_in_search(injection: Injection, row: int) -> None:
    _set_param(injection, row, "search_term", TEST_CARD)


def _iban_in_search(injection: Injection, row: int) -> None:
    _set_param(injection, row, "search_term", DOCUMENTED_IBAN)


PLACES: tuple[tuple[Callable[[Injection, int], None], str, str], ...] = (
    (_email_in_url, "page_view", "email"),
    (_encoded_email_in_url, "page_view", "email"),
    (_email_in_custom_data, "purchase", "email"),
    (_phone_in_crm_note, "purchase", "phone"),
    (_base64_email_in_url, "page_view", "email"),
    (_email_in_user_property, "view_item", "email"),
    (_encoded_email_in_source_url, "view_item", "email"),
    (_card_in_search, "search", "card"),
    (_phone_in_url, "page_view", "phone"),
    (_iban_in_search, "search", "iban"),
)


@Leak("plain_pii", "plain_pii", "E-mail, phone, card or IBAN in the clear or encoded.", default=10)
def plain_pii(injection: Injection) -> None:
    wanted = injection.wanted(len(injection.ordinary()))
    candidates = {name: injection.delivered(name) for _, name, _ in PLACES}
    candidates["purchase"] = injection.purchases()
    for number in range(wanted):
        plant, name, kind = PLACES[number % len(PLACES)]
        (row,) = injection.choose(candidates[name], wanted=1)
        plant(injection, row)
        injection.expect(row, kind)


@Leak(
    "secret_in_log",
    "secret_in_log",
    "A request URL with the access token in it.",
    formats=GTMS_FORMATS,
)
def secret_in_log(injection: Injection) -> None:
    for row in injection.choose(injection.delivered()):
        token = f"EAAB{hex_ids(injection.random, 1, 24)[0]}"
        injection.world.server["token"][injection.attempt(row)] = token
        injection.expect(row)
