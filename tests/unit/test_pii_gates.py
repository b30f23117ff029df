"""The detector against labelled corpora that others made: how much it finds, how seldom it errs."""

import json
from collections import Counter
from pathlib import Path

import pytest

from matchback.pii import detect, kinds_of

CORPORA = Path(__file__).parents[3] / "shared" / "data" / "pii"
KIND_OF_ENTITY = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "TR_PHONE_NUMBER": "phone",
    "CREDIT_CARD": "card",
    "IBAN_CODE": "iban",
    "US_SSN": "national_id",
    "IP_ADDRESS": "ip",
    "PERSON": "name",
    "STREET_ADDRESS": "address",
    "DATE_OF_BIRTH": "birth_date",
}
# Share of positive rows, and number of negative ones, in which presidio 2.2's patterns (no NER,
# threshold 0) name the entity.
PRESIDIO = {
    "CREDIT_CARD": (0.826, 0),
    "EMAIL_ADDRESS": (1.0, 0),
    "IBAN_CODE": (1.0, 0),
    "IP_ADDRESS": (1.0, 0),
    "PHONE_NUMBER": (0.719, 0),
    "TR_PHONE_NUMBER": (1.0, 3),
    "US_SSN": (1.0, 0),
}

pytestmark = pytest.mark.skipif(not CORPORA.exists(), reason="no ../shared/data/pii here")


def rows_of(name):
    lines = (CORPORA / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def kinds_in(row):
    return set(kinds_of(detect(row["text"])))


@pytest.fixture(scope="module")
def counted():
    """Right, wrong and missed kinds per tier, and negatives in which anything is named."""
    counts = Counter()
    for row in rows_of("urls_dev.jsonl"):
        expected = {KIND_OF_ENTITY[entity] for entity in row["entities"]}
        found = kinds_in(row)
        counts[row["tier"], "right"] += len(found & expected)
        counts[row["tier"], "wrong"] += len(found - expected)
        counts[row["tier"], "missed"] += len(expected - found)
        if row["label"] == "negative":
            counts["negatives"] += 1
            counts["negatives", "named"] += bool(found)
    return counts


def share(part, rest):
    return part / (part + rest)


def test_the_core_of_the_url_corpus_is_found_with_hardly_an_error(counted):
    right = counted["core", "right"]
    assert share(right, counted["core", "wrong"]) >= 0.99
    assert share(right, counted["core", "missed"]) >= 0.98
    assert counted["negatives", "named"] <= 0.005 * counted["negatives"]


def test_values_under_personal_keys_are_found(counted):
    assert share(counted["context", "right"], counted["context", "missed"]) >= 0.95


@pytest.mark.parametrize("entity", PRESIDIO)
def test_no_entity_is_found_less_or_mistaken_more_often_than_by_presidio(entity):
    kind = KIND_OF_ENTITY[entity]
    rows = [row for row in rows_of("third_party_dev.jsonl") if row["entity"] == entity]
    positives = [kind in kinds_in(row) for row in rows if row["positive"]]
    mistaken = sum(kind in kinds_in(row) for row in rows if not row["positive"])
    recall, tolerated = PRESIDIO[entity]
    assert len(positives) > 0
    assert sum(positives) / len(positives) >= recall
    assert mistaken <= tolerated
