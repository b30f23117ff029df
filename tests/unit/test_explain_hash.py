"""`matchback hash`: forms by destination, defects by name, and never the plain value."""

import json
from base64 import b64encode
from hashlib import md5, sha1, sha256, sha512

import pytest
from typer.testing import CliRunner

from matchback.cli import app
from matchback.hashing.contact_forms import field_forms
from matchback.hashing.countries import country_named
from matchback.hashing.explain import explain, format_defect

EMAIL = "Grace.Sample@example.org"
NORMALISED = EMAIL.lower()
DIGEST = sha256(NORMALISED.encode()).hexdigest()


@pytest.mark.parametrize(
    ("sent", "defect"),
    [
        (DIGEST, None),
        (DIGEST + ".AQQCAQMC", None),
        (DIGEST + ".AQ", None),
        (DIGEST + ".AQQ", "plain"),
        (NORMALISED, "plain"),
        ("4915114087642", "plain"),
        ("ade", "plain"),
        (md5(NORMALISED.encode()).hexdigest(), "md5"),
        (sha1(NORMALISED.encode()).hexdigest(), "sha1"),
        (sha512(NORMALISED.encode()).hexdigest(), "sha512"),
        (b64encode(bytes.fromhex(DIGEST)).decode(), "base64"),
        (DIGEST.upper(), "upper_case"),
        (DIGEST.upper() + ".AQQCAQMC", "upper_case"),
        (DIGEST[:60], "truncated"),
        (DIGEST + "0", "truncated"),
    ],
)
def test_the_format_of_a_hash_is_judged_after_its_appendix(sent, defect):
    assert format_defect(sent) == defect


@pytest.mark.parametrize("placeholder", ["", "null", "N/A", "test@test.com", "0000000000"])
def test_the_hash_of_a_placeholder_is_junk_whatever_the_value(placeholder):
    junk = sha256(placeholder.encode()).hexdigest()
    assert explain("em", EMAIL, against=junk).defect == "junk"


def test_a_matching_hash_has_no_defect():
    assert explain("em", EMAIL, against=DIGEST).match is True
    assert explain("em", EMAIL, against=DIGEST + ".AQQCAQMC").defect is None


def test_a_hash_of_nothing_known_is_unexplained():
    explanation = explain("em", EMAIL, against=sha256(b"pepper" + EMAIL.encode()).hexdigest())
    assert (explanation.match, explanation.defect) == (False, "unexplained")


@pytest.mark.parametrize(
    ("destination", "number", "defect"),
    [
        ("meta", "4915114087642", None),
        ("meta", "+4915114087642", "e164_plus"),
        ("google", "+4915114087642", None),
        ("google", "4915114087642", "missing_plus"),
        ("tiktok", "+4915114087642", None),
        ("meta", "15114087642", "missing_country_code"),
    ],
)
def test_the_phone_convention_is_the_destinations(destination, number, defect):
    explanation = explain(
        "ph",
        "0151 14087642",
        destination=destination,
        against=sha256(number.encode()).hexdigest(),
        country=country_named("DE"),
    )
    assert explanation.defect == defect


def test_a_folded_gmail_address_is_googles_rule_only():
    folded = sha256(b"gracesample@gmail.com").hexdigest()
    assert explain("em", "grace.sample@gmail.com", against=folded).defect == "gmail_folded"
    assert explain("em", "grace.sample@gmail.com", destination="google", against=folded).match


def test_metas_own_phone_example_is_accepted_without_a_country():
    sent = sha256(b"16505551212").hexdigest()
    example = "US phone number (650)555-1212"
    assert explain("ph", example, against=sent, may_lack_country_code=True).match


def test_every_known_mistake_is_explained_by_its_name():
    for form in field_forms("em", " A.Sample+x@gmail.com", None):
        expected = None if form.is_accepted else form.form
        assert explain("em", " A.Sample+x@gmail.com", against=form.sha256).defect == expected


def run(*arguments: str, lines: str):
    return CliRunner().invoke(app, ["hash", *arguments], input=lines)


def test_json_is_one_object_a_line():
    result = run("em", "--against", DIGEST, "--json", lines=f"{EMAIL}\nother@example.org\n")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first == {
        "line": 1,
        "accepted": [{"form": "documented", "sha256": DIGEST}],
        "match": True,
        "defect": None,
    }
    assert (second["line"], second["match"], second["defect"]) == (2, False, "unexplained")


@pytest.mark.parametrize("arguments", [["em"], ["em", "--json"], ["email", "--against", "x"]])
def test_the_plain_value_is_never_echoed(arguments):
    result = run(*arguments, lines=f"{EMAIL}\n")
    assert result.exit_code == 0
    assert EMAIL.lower() not in result.output.lower()


@pytest.mark.parametrize(
    "arguments", [["fbp"], ["surname"], ["em", "--destination", "x"], ["ph", "--country", "Xanadu"]]
)
def test_an_unknown_field_destination_or_country_exits_with_2(arguments):
    assert run(*arguments, lines="").exit_code == 2


def test_every_defect_has_advice():
    from matchback.commands.hash import _advice
    from matchback.hashing.contact_forms import MISMATCH_FORMS

    formats = {"plain", "md5", "sha1", "sha512", "base64", "upper_case", "truncated"}
    assert {*formats, "junk", "missing_plus", "unexplained", *MISMATCH_FORMS} <= set(_advice())
