"""How figures are written for people."""

from datetime import date
from decimal import Decimal

import pytest

from matchback.reporting import figures


def test_a_share_above_nothing_never_reads_as_nothing() -> None:
    assert figures.percent(0.0004).replace("\u202f", " ") == "< 0.1 %"
    assert figures.percent(0.004, 0).replace("\u202f", " ") == "< 1 %"
    assert figures.percent(0.0).replace("\u202f", " ") == "0.0 %"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.98, "98.0"),
        (0.99996, "99.9"),
        (1.0, "100.0"),
        (0.0, "0.0"),
        (0.004, "0.4"),
        (1.2, "120.0"),
    ],
)
def test_a_share_below_one_never_reads_as_100_percent(share: float, text: str) -> None:
    assert figures.percent(share) == f"{text}\u202f%"


def test_what_is_missing_is_a_dash_and_never_zero() -> None:
    shown = {
        figures.percent(None), figures.count(None), figures.money(None, "EUR"),
        figures.decimal(float("nan")), figures.day(None), figures.amounts([]),
    }  # fmt: skip
    assert shown == {figures.NONE}


def test_money_keeps_its_currency_and_large_amounts_drop_cents() -> None:
    assert figures.money(Decimal("12.5"), "EUR") == "€\u202f12.50"
    assert figures.money(Decimal("1234.56"), "SEK") == "SEK\u202f1\u202f235"
    assert figures.amounts([("EUR", Decimal(1)), ("USD", Decimal(2))]).count("\u202f") == 2


@pytest.mark.parametrize(
    "text",
    [
        "jane.doe@example.com",
        "order-jane.doe@example.com-7",
        "jane.doe%40example.com",
        "jane.doe%2540example.com",
        "ga4|purchase|u=jane.doe@example.com&x=1",
    ],
)
def test_an_address_inside_an_identifier_is_blotted_out(text: str) -> None:
    shown = figures.masked(text)
    assert "jane" not in shown
    assert "[e-mail]" in shown


@pytest.mark.parametrize("text", ["ORD-1001", "100%-off", "a@b", "logo@2x", "x|purchase|e.1%20"])
def test_other_identifiers_are_shown_as_they_are(text: str) -> None:
    assert figures.masked(text) == text


def test_a_window_names_the_year_once() -> None:
    assert figures.span(date(2026, 11, 18), date(2026, 11, 21)) == "18 to 21 Nov 2026"
    assert figures.span(date(2026, 10, 30), date(2026, 11, 2)) == "30 Oct to 2 Nov 2026"
    assert figures.span(date(2025, 12, 31), date(2026, 1, 1)) == "31 Dec 2025 to 1 Jan 2026"
    assert figures.span(date(2026, 11, 18), date(2026, 11, 18)) == "18 Nov 2026"


def test_a_change_carries_its_sign() -> None:
    assert [figures.signed(value) for value in (1.25, -0.5, 0.0, 0.04, None)] == [
        "+1.2", "\u22120.5", "±0", "±0", figures.NONE,
    ]  # fmt: skip
