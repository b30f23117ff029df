"""What foreign text may do to a terminal: nothing."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchback.core.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("order W1, 3 rows\n", "order W1, 3 rows\n"),
        ("Grüße, 東京 ✓", "Grüße, 東京 ✓"),
        ("\x1b[31mred\x1b[0m\x07", "[31mred[0m"),
        ("\u202egnp.exe\u200b\ufeff", "gnp.exe"),
        ("a\r\nb\x00\ud800", "a\nb"),
    ],
)
def test_signs_that_steer_or_hide_are_left_out(text, shown):
    assert printable(text) == shown


@given(st.text())
def test_no_text_holds_a_hidden_sign_afterwards(text):
    kept = printable(text).replace("\n", "")
    assert not [sign for sign in kept if unicodedata.category(sign).startswith("C")]
    assert printable(kept) == kept
