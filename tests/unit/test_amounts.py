"""One reading of the decimal sign per file and column; no amount is silently another one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchback.sources.kit.amounts import AmountEvidence, AmountReading, usual_sign
from matchback.sources.kit.errors import RowRejectedError


def read_amounts(values, country: str) -> AmountReading:
    evidence = AmountEvidence()
    for value in values:
        evidence.add(value)
    return evidence.reading(country)


CENTS = st.integers(-(10**11), 10**11).map(lambda cents: Decimal(cents) / 100)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("(49,90)", "-49.90"), ("49,90-", "-49.90"), ("-49,90", "-49.90"), ("-€ 49,90", "-49.90"),
        ("€-49,90", "-49.90"), ("\N{MINUS SIGN}49,90", "-49.90"), ("1.234,56 EUR", "1234.56"),
        ("1\N{NARROW NO-BREAK SPACE}234,50 kr", "1234.50"), ("R$ 1.234,00", "1234.00"),
        ("1'234,50", "1234.50"), ("49,-", "49.00"), (",5", "0.50"), ("0,125", "0.13"),
        ("1.234.567", "1234567.00"), ("12", "12.00"),
    ],
)  # fmt: skip
def test_amounts_are_read_as_they_are_written(text: str, amount: str):
    assert read_amounts(["1,50"], "US").read(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["abc", "12 34", "1e5", "NaN", "1,2,3", "1.23,456.7", "(5", "(-5)", "--5", "1.2345,6", "€"],
)
def test_what_is_no_amount_is_rejected(text: str):
    with pytest.raises(RowRejectedError):
        read_amounts([], "DE").read(text)


def test_one_thousand_or_one_is_decided_by_the_column_then_by_the_country():
    assert read_amounts(["129,000", "12,5"], "US").read("129,000") == Decimal("129.00")
    assert read_amounts(["129,000", "12.50"], "DE").read("129,000") == Decimal("129000.00")
    assert read_amounts(["129,000"], "DE").read("129,000") == Decimal("129.00")
    assert read_amounts(["129,000"], "US").read("129,000") == Decimal("129000.00")


def test_a_value_with_the_other_sign_is_rejected():
    reading = read_amounts(["12,50"] * 30 + ["12.50"], "DE")

    with pytest.raises(RowRejectedError, match="another decimal sign"):
        reading.read("12.50")


def test_proof_both_ways_rejects_what_could_be_two_amounts():
    reading = read_amounts(["12,50", "12.50"], "DE")

    assert reading.read("12.50") == reading.read("12,50") == Decimal("12.50")
    with pytest.raises(RowRejectedError, match="two amounts"):
        reading.read("1.234")


def test_numbers_are_taken_as_they_are_and_nothing_is_nothing():
    reading = read_amounts([], "DE")

    assert reading.read(49.9) == Decimal("49.90")
    assert reading.read(Decimal("1.234")) == Decimal("1.23")
    assert reading.read(" ") is reading.read(None) is None


def test_countries_have_a_sign():
    assert [usual_sign(country) for country in ("DE", "US", "CH", "BR", "XX")] == list(",..,.")


@given(st.lists(CENTS, min_size=1), st.sampled_from([".", ","]))
def test_what_was_written_comes_back(amounts: list[Decimal], sign: str):
    grouping = "," if sign == "." else "."
    swap = str.maketrans({",": grouping, ".": sign})
    texts = [f"{amount:,.2f}".translate(swap) for amount in amounts]

    reading = read_amounts(texts, "US")

    assert [reading.read(text) for text in texts] == amounts


@given(st.text(alphabet="0123456789.,'-+()€$ EUR", max_size=14))
def test_any_text_is_an_amount_or_a_rejected_row(text: str):
    try:
        amount = read_amounts([text], "DE").read(text)
    except RowRejectedError:
        return
    assert amount is None or abs(amount) < Decimal(10) ** 16
