"""The detector: what it names, what it leaves alone, and that no text can hurt it."""

import json
import re
import time

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchback.pii import KINDS, detect, kinds_of
from matchback.pii.decode import decode
from matchback.pii.documents import Leaf, detect_leaf, leaves
from matchback.pii.keys import read_key, written_words
from matchback.pii.masking import shape_of
from matchback.pii.prefilter import prefilter_patterns
from tests.fixtures.pii_cases import NEGATIVES, POSITIVES

MARKUP = st.text(alphabet="%25403AaBb@.+-_/?&=#:;[]{}()\"'\\<> 0123456789eyJé中\0\n", max_size=400)
SLOWEST = 3.0


@pytest.mark.parametrize(("text", "key", "kinds"), [case[1:] for case in POSITIVES],
                         ids=[case[0] for case in POSITIVES])  # fmt: skip
def test_personal_data_is_named(text, key, kinds):
    assert set(kinds_of(detect(text, key))) == kinds


@pytest.mark.parametrize(("text", "key"), [case[1:] for case in NEGATIVES],
                         ids=[case[0] for case in NEGATIVES])  # fmt: skip
def test_what_only_looks_personal_is_left_alone(text, key):
    assert kinds_of(detect(text, key)) == []


@pytest.mark.parametrize(("text", "key"), [case[1:3] for case in POSITIVES],
                         ids=[case[0] for case in POSITIVES])  # fmt: skip
def test_no_shape_and_no_representation_repeats_a_value(text, key):
    for found in detect(text, key):
        letters_and_digits = re.sub(r"[^\w]", "", found.masked)
        assert set(letters_and_digits) <= {"x", "9"}
        assert found.value not in repr(found)


def is_candidate(text, *, has_key=False):
    return any(re.search(pattern, text) for pattern in prefilter_patterns(has_key=has_key))


@pytest.mark.parametrize(("text", "key"), [case[1:3] for case in POSITIVES if case[2] is None],
                         ids=[case[0] for case in POSITIVES if case[2] is None])  # fmt: skip
def test_the_prefilter_lets_through_all_that_the_detector_finds(text, key):
    assert is_candidate(text)
    if detect(text, "some_parameter"):
        assert is_candidate(text, has_key=True)


@pytest.mark.parametrize("pattern", prefilter_patterns(has_key=True), ids=["shapes", "keys"])
def test_the_engine_and_python_read_the_prefilter_alike(pattern):
    texts = [case[1] for case in POSITIVES] + [case[1] for case in NEGATIVES]
    in_engine = duckdb.execute(
        "select regexp_matches(item, $pattern) from (select unnest($texts) as item)",
        {"pattern": pattern, "texts": texts},
    ).fetchall()
    assert [row[0] for row in in_engine] == [bool(re.search(pattern, text)) for text in texts]


def test_kinds_come_in_the_order_of_the_scan():
    found = detect('{"dob": "1984-03-02", "phone": "01512 3456789", "mail": "j@example.org"}')
    assert kinds_of(found) == ["email", "phone", "birth_date"]
    assert [KINDS.index(item.kind) for item in found] == sorted(
        KINDS.index(item.kind) for item in found
    )


def test_a_country_hint_adds_its_numbering_plan():
    assert kinds_of(detect("my number is 3912345", country="IS")) == ["phone"]


def test_an_address_in_its_own_field_is_no_finding_but_elsewhere_is():
    own = Leaf("user_data.client_ip_address", "user_data.client_ip_address", "203.0.113.77")
    other = Leaf("custom_data.note", "custom_data.note", "203.0.113.77")
    assert detect_leaf(own) == []
    assert kinds_of(detect_leaf(other)) == ["ip"]


def test_ids_of_events_and_orders_are_not_looked_at():
    assert detect_leaf(Leaf("order_id", "custom_data.order_id", "jane@example.org")) == []


def test_positions_in_lists_are_no_part_of_a_path():
    document = {"custom_data": {"contents": [{"title": "a"}, {"title": "b"}]}}
    assert [leaf.path for leaf in leaves(document)] == ["custom_data.contents.title"] * 2


def test_a_named_value_stands_under_the_name_it_gives():
    document = [{"key": "first_name", "value": {"string_value": "Jane"}}]
    assert [leaf.key for leaf in leaves(document) if leaf.text == "Jane"] == ["first_name"]


@pytest.mark.parametrize("key", ["device.mobile_model_name", "email_address", "ip_address", "page"])
def test_a_key_that_names_no_postal_address_announces_none(key):
    assert not read_key(key).address


@given(MARKUP)
def test_decoding_twice_changes_nothing(text):
    once = decode(text)
    assert decode(once) == once


@settings(deadline=None)
@given(MARKUP, st.sampled_from([None, "phone", "first_name", "address", "dob", "order_id"]))
def test_no_text_makes_the_detector_fail(text, key):
    for found in detect(text, key):
        assert found.kind in KINDS
        assert found.value not in repr(found)


@given(st.text(max_size=300))
def test_a_shape_holds_no_letter_and_no_digit_of_the_value(text):
    assert set(re.sub(r"[\W_]", "", shape_of(text))) <= {"x", "9"}


@pytest.mark.parametrize(
    "unit",
    ["a@", "%25", "&amp;", "1 ", "+1", "(1", "0.", "::", "a=", '"a":', "eyJ", "AAAA", "=@", "9-9",
     "\\u0040", "[at]", "phone ", "1.1.1.1.", "DE89", "x.x", "name: ", "{", "?&#", "1:"],
)  # fmt: skip
def test_repetition_costs_no_more_than_linear_time(unit):
    text = unit * (60_000 // len(unit))
    began = time.process_time()
    detect(text)
    assert time.process_time() - began < SLOWEST


def test_json_numbers_count_where_their_key_promises_a_phone():
    texts = [leaf.text for leaf in leaves(json.loads('{"phone": 4915123456789, "amount": 12}'))]
    assert texts == ["4915123456789"]


@pytest.mark.parametrize("name", ["phone", "name", "street", "address", "birth", "card"])
def test_the_prefilter_knows_every_key_that_the_detector_knows(name):
    values = {"phone": "01512 3456789", "birth": "1984-03-02", "card": "4222222222222"}
    values |= {"name": "Jane", "street": "Beispielweg 12", "address": "Beispielweg 12"}
    for word in written_words()[name]:
        for key in (word, word.replace("_", ""), word.replace("_", "-"), f"customer[{word}]"):
            text = f"?{key}={values[name]}&x=1"
            if detect(text):
                assert is_candidate(text, has_key=True), key
