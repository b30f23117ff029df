"""What spreadsheets put around a value, and the words that stand for nobody."""

import pytest

from matchback.sources.kit.cells import bare, client_id, identifier, written_out
from matchback.sources.kit.errors import RowRejectedError


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('="7001"', "7001"), ("'7001", "7001"), ("'+49 30", "+49 30"), ("'=1+1", "=1+1"),
        ("'s Heerenberg", "'s Heerenberg"), ("O'Neil", "O'Neil"), ("", ""), ("'", "'"),
    ],
)  # fmt: skip
def test_armour_is_taken_off_and_names_keep_their_apostrophe(cell: str, value: str):
    assert bare(cell) == value


@pytest.mark.parametrize(
    "word",
    ["", " \N{NO-BREAK SPACE}", "(not set)", "NULL", "undefined", "None", "nan", "Guest",
     "anonymous", "00000000-0000-0000-0000-000000000000"],
)  # fmt: skip
def test_words_that_stand_for_nobody_are_no_identifier(word: str):
    assert identifier(word) is None


def test_zero_is_nobody_as_a_user_and_an_id_elsewhere():
    assert identifier("0", is_user=True) is None
    assert identifier("0") == "0"
    assert identifier("\N{ZERO WIDTH SPACE} A1\t") == "A1"


def test_a_cookie_is_the_client_id_inside_it():
    assert client_id("GA1.2.111.222") == client_id("111.222") == "111.222"


def test_an_id_that_a_spreadsheet_rounded_is_rejected():
    assert written_out("1E", "order_id") == "1E"
    with pytest.raises(RowRejectedError, match="as text"):
        written_out("1.00123E+12", "order_id")
