"""A correct hash is a set: what the accepted and the known-wrong digests of a value are."""

import csv
import json
from hashlib import md5, sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchback.core.resources import SEEDS_DIRECTORY
from matchback.hashing.contact_forms import FIELDS, contact_forms, field_forms, is_sha256
from matchback.hashing.countries import COUNTRIES, country_named
from matchback.hashing.junk import junk_digests, junk_rows

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "hashes"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the shared hash vectors are not beside this checkout"
)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def forms(field: str, value: str, country: str = "DE") -> dict[str, set[str]]:
    """Digests by form; every accepted form counts as `accepted`."""
    found: dict[str, set[str]] = {}
    for form in contact_forms({field: value}, None, country):
        found.setdefault("accepted" if form.is_accepted else form.form, set()).add(form.sha256)
    return found


@pytest.mark.parametrize(
    ("field", "value", "normalised"),
    [
        ("em", "  Ada.Example@Example.ORG ", "ada.example@example.org"),
        ("fn", "Mary", "mary"),
        ("fn", "Anne-Marie", "anne-marie"),
        ("fn", "Anne-Marie", "annemarie"),
        ("fn", "Mary Jane", "mary jane"),
        ("ln", "O\u2019Neil", "oneil"),
        ("ln", "O\u2019Neil", "o\u2019neil"),
        ("ct", "Saint-Étienne", "saintétienne"),
        ("ct", "Saint-Étienne", "sainttienne"),
        ("ct", "New York", "newyork"),
        ("st", "California", "ca"),
        ("st", "California", "california"),
        ("st", "Bavaria", "ba"),
        ("zp", "94035-1234", "94035"),
        ("zp", "M1 1AE", "m11ae"),
        ("zp", "M1 1AE", "m1 1ae"),
        ("country", "DE", "de"),
        ("country", "Deutschland", "de"),
        ("country", "United Kingdom", "gb"),
        ("db", "2/16/1997", "19970216"),
        ("db", "16.02.1997", "19970216"),
        ("ge", "Female", "f"),
    ],
)
def test_a_form_that_meta_accepts_is_accepted(field, value, normalised):
    assert digest(normalised) in forms(field, value)["accepted"]


@pytest.mark.parametrize(
    ("value", "country", "complete"),
    [
        ("0151 14087642", "DE", "4915114087642"),
        ("+49 151 14087642", "FR", "4915114087642"),
        ("0049 (0)151 14087642", "FR", "4915114087642"),
        ("4915114087642", "DE", "4915114087642"),
        ("(650) 555-1212", "US", "16505551212"),
        ("1 650 555 1212", "US", "16505551212"),
        ("+1 650 555 1212 ext. 5", "DE", "16505551212"),
        ("06 1234 5678", "IT", "390612345678"),
        ("618 142828", "ES", "34618142828"),
        ("8 912 345 67 89", "RU", "79123456789"),
    ],
)
def test_a_phone_number_is_completed_with_its_country_code(value, country, complete):
    assert digest(complete) in forms("ph", value, country)["accepted"]


def test_the_countries_phone_number_is_completed_with_the_orders_country_first():
    contact = {"phone": "0612 051931"}
    accepted = {f.sha256 for f in contact_forms(contact, "NL", "DE") if f.is_accepted}
    assert accepted == {digest("31612051931")}


@pytest.mark.parametrize(
    ("field", "value", "form", "wrong"),
    [
        ("em", "Ada@Example.org", "not_lowercased", "Ada@Example.org"),
        ("em", "ada@example.org ", "not_trimmed", "ada@example.org "),
        ("em", " Ada@Example.org", "not_trimmed", " Ada@Example.org"),
        ("em", "ada@example.org", "double_hashed", digest("ada@example.org")),
        ("em", "ada@example.org", "md5_then_sha256", md5(b"ada@example.org").hexdigest()),
        ("em", "a.da+shop@gmail.com", "gmail_folded", "ada@gmail.com"),
        ("fn", "Mary", "not_lowercased", "Mary"),
        ("ct", "new york", "not_trimmed", "new york"),
        ("ph", "0151 14087642", "missing_country_code", "15114087642"),
        ("ph", "0151 14087642", "missing_country_code", "015114087642"),
        ("ph", "+49 151 14087642", "missing_country_code", "15114087642"),
        ("ph", "0151 14087642", "e164_plus", "+4915114087642"),
        ("ph", "0151 14087642", "not_trimmed", "0151 14087642"),
    ],
)
def test_a_known_mistake_has_its_name(field, value, form, wrong):
    assert digest(wrong) in forms(field, value)[form]


def test_a_tag_in_another_providers_address_is_not_folded():
    assert "gmail_folded" not in forms("em", "a.da+shop@example.org")


def test_a_form_equal_to_an_accepted_one_is_not_listed_as_wrong():
    found = contact_forms({"em": "ada@example.org", "ph": "+4915114087642"}, "DE", "DE")
    by_digest = {(form.field, form.sha256): form for form in found}
    assert len(by_digest) == len(found)
    assert by_digest["em", digest("ada@example.org")].is_accepted


def test_both_unicode_forms_of_an_accent_are_accepted():
    accepted = forms("fn", "José")["accepted"]
    assert {digest("jos\u00e9"), digest("jose\u0301")} <= accepted


def test_a_hash_in_the_crm_is_taken_as_it_is():
    hashed = digest("ada@example.org")
    assert forms("em", hashed.upper())["accepted"] == {hashed}
    assert forms("em", hashed)["double_hashed"] == {digest(hashed)}


def test_nothing_comes_of_an_empty_field_or_an_unknown_column():
    assert contact_forms({"email": None, "phone": "  ", "note": "Ada"}, "DE", "DE") == []


@given(st.sampled_from(FIELDS), st.text(max_size=60), st.sampled_from(["", "DE", "US", "IT", "??"]))
def test_no_text_makes_the_normaliser_raise_and_every_digest_is_hex(field, value, country):
    for form in contact_forms({field: value}, country, ""):
        assert is_sha256(form.sha256)
        assert form.field == field


def test_the_country_table_agrees_with_libphonenumber():
    from phonenumbers import PhoneMetadata

    for country in COUNTRIES.values():
        metadata = PhoneMetadata.metadata_for_region(country.code)
        if metadata is None:
            assert country.calling_code == "", country.code
            continue
        lengths = metadata.general_desc.possible_length
        assert country.calling_code == str(metadata.country_code), country.code
        assert country.trunk_prefix == (metadata.national_prefix or ""), country.code
        assert (country.shortest, country.longest) == (min(lengths), max(lengths)), country.code


def test_the_junk_seed_is_what_the_placeholder_list_makes():
    with (SEEDS_DIRECTORY / "junk_hashes.csv").open(encoding="utf-8") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    assert rows == list(junk_rows())


@needs_vectors
def test_every_digest_of_the_junk_vectors_is_known():
    vectors = json.loads((VECTORS / "junk_hashes.json").read_text(encoding="utf-8"))
    unknown = [
        (row["literal"], algorithm)
        for row in vectors
        for algorithm, value in row.items()
        if algorithm != "literal" and value not in junk_digests()
    ]
    assert unknown == []


@needs_vectors
@pytest.mark.parametrize("name", ["docs", "consensus"])
def test_every_documented_and_agreed_vector_is_accepted(name):
    vectors = json.loads((VECTORS / f"hash_vectors_{name}.json").read_text(encoding="utf-8"))
    assert vectors
    rejected = []
    for vector in vectors:
        as_written = field_forms(vector["field"], vector["raw_input"], None)
        in_the_us = field_forms(vector["field"], vector["raw_input"], country_named("US"))
        accepted = {form.sha256 for form in (*as_written, *in_the_us) if form.is_accepted}
        if vector["sha256"] not in accepted:
            rejected.append((vector["field"], vector["normalized"]))
    assert rejected == []


@needs_vectors
def test_what_a_meta_sdk_makes_of_a_value_is_accepted_but_for_marked_oddities():
    """The SDKs' output on input that is no value of its field is left out, and counted."""
    vectors = json.loads((VECTORS / "hash_vectors_wide.json").read_text(encoding="utf-8"))
    outputs = rejected = 0
    for vector in vectors:
        accepted = {
            form.sha256
            for form in field_forms(vector["field"], vector["raw_input"], None)
            if form.is_accepted
        }
        for sdk in ("business_sdk_python", "business_sdk_node", "param_builder_node"):
            output = vector[sdk]
            if output["error"] or not output["normalized"] or not is_sha256(output["sha256"] or ""):
                continue
            outputs += 1
            rejected += output["sha256"] not in accepted
    assert outputs > 4000
    assert rejected <= 0.005 * outputs
