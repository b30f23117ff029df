"""A destination is one definition; what models read of it is generated."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from matchback.core.resources import DBT_DIRECTORY
from matchback.destinations.definition import FOLDER, Destination, destinations, policies
from matchback.destinations.generate import generated_files

META = yaml.safe_load((FOLDER / "meta_capi.yml").read_text(encoding="utf-8")) | {"name": "other"}


def test_the_generated_files_are_those_of_the_definitions() -> None:
    stale = [
        path.name
        for path, content in generated_files().items()
        if path.read_text(encoding="utf-8") != content
    ]

    assert stale == [], "run python -m matchback.destinations.generate"


def test_the_weights_of_a_destination_add_up_to_ten() -> None:
    for one in destinations():
        weights = [key.match.weight for key in one.identifiers.values() if key.match]

        assert sum(weights) == pytest.approx(10)


def test_every_defined_destination_has_a_policy() -> None:
    assert {one.name for one in destinations()} <= policies().keys()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rules": META["rules"] | {"insufficient": [["em", "shoe_size"]]}}, "shoe_size"),
        (
            {"rules": META["rules"] | {"required": [{"rule": "r", "fields": ["shoe_size"]}]}},
            "shoe_size",
        ),
        ({"fields": META["fields"] | {"value": "custom_data.value"}}, "fields.value"),
        ({"required_tier": "any"}, "required_tier"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_wrong_definition_is_refused_by_name(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Destination.model_validate(META | change)


@pytest.mark.parametrize("folder", ["models", "macros/rules", "macros/cross_db"])
def test_no_model_and_no_rule_names_a_destination(folder: str) -> None:
    names = [one.name for one in destinations()]
    naming = [
        path.name
        for path in sorted(Path(DBT_DIRECTORY / folder).rglob("*.sql"))
        if any(name in path.read_text(encoding="utf-8") for name in names)
    ]

    assert naming == []
