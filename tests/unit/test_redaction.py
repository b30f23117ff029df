import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchback.core.redaction import PLACEHOLDER, may_hold_secret, redact, redact_object
from tests.fixtures.tokens import TOKEN

HIDING_PLACES = [
    f"https://graph.facebook.com/v24.0/1/events?access_token={TOKEN}",
    f"https://graph.facebook.com/v24.0/1/events?a=1&access_token={TOKEN}&b=2",
    f"https%3A%2F%2Fgraph.facebook.com%2F%3Faccess_token%3D{TOKEN}%26b%3D2",
    json.dumps({"access_token": TOKEN}),
    json.dumps({"body": json.dumps({"access_token": TOKEN})}),
    json.dumps({"body": json.dumps({"body": json.dumps({"access_token": TOKEN})})}),
    f"Authorization: Bearer {TOKEN}",
    json.dumps({"Authorization": f"Bearer {TOKEN}"}),
    f"authorization: bearer {TOKEN.lower()}",
    f"token was {TOKEN}, sorry",
    f"post to https://hooks.slack.com/services/T000/B000/{TOKEN}",
]


@pytest.mark.parametrize("text", HIDING_PLACES)
def test_a_token_is_found_wherever_it_hides(text):
    assert TOKEN.lower() not in redact(text).lower()
    assert may_hold_secret(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "https://graph.facebook.com/v24.0/1/events?access_token=",
        "https://graph.facebook.com/v24.0/1/events?access_token=&a=b",
        "https://graph.facebook.com/v24.0/1/events?access_token=***",
        "https://graph.facebook.com/v24.0/1/events?access_token=REDACTED",
        '{"access_token":"***"}',
        '{"access_token":""}',
        "https://shop.example.com/?fbclid=IwAR2F4-dbP0l7Mn1IawQQGCINEz7PYXQvwjNwB",
        "the bearer of good news",
    ],
)
def test_what_is_no_token_stays_and_is_not_reported(text):
    assert redact(text) == text
    assert redact_object({"url": text})[1] == []


def test_the_rest_of_a_url_stays_readable():
    clean = redact(f"https://graph.facebook.com/v24.0/1/events?access_token={TOKEN}&fields=id")
    assert (
        clean == f"https://graph.facebook.com/v24.0/1/events?access_token={PLACEHOLDER}&fields=id"
    )


def test_the_field_that_held_a_token_is_named():
    document = {"request": {"access_token": "short", "data": [{"url": f"?access_token={TOKEN}"}]}}
    clean, fields = redact_object(document)
    assert fields == ["request.access_token", "request.data[].url"]
    assert "short" not in json.dumps(clean)
    assert TOKEN not in json.dumps(clean)


@given(st.text())
def test_redacting_twice_is_redacting_once(text):
    assert redact(redact(text)) == redact(text)


@given(st.text(max_size=20), st.sampled_from(HIDING_PLACES), st.text(max_size=20))
def test_redacting_twice_is_redacting_once_around_a_token(before, secret, after):
    once = redact(before + secret + after)
    assert redact(once) == once


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_token_survives_whatever_stands_around_its_url(before, after):
    text = f"{before} https://graph.facebook.com/1/events?access_token={TOKEN} {after}"
    assert TOKEN not in redact(text)
