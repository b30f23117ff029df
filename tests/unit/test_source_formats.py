"""What a source folder offers is what the config allows, and what is generated from it."""

from datetime import datetime

import pytest
from pydantic import ValidationError

from matchback.config import Config
from matchback.core.offered import consent_formats, crm_presets, log_formats
from matchback.core.resources import DBT_DIRECTORY
from matchback.sources.consent.parse import CHOICES, MOMENT, TEXTS, decision_parser, paths_of
from matchback.sources.crm.preset import CANONICAL_COLUMNS, REQUIRED_COLUMNS, preset_named
from matchback.sources.generate import generated_files
from matchback.sources.logs.log_format import log_format, staging_models


def sources(**configured):
    return {"sources": configured}


@pytest.mark.parametrize("name", log_formats())
def test_a_log_format_is_configurable_and_has_its_staging_model(name):
    Config.model_validate(sources(capi={"format": name, "path": "x"}))
    shape = log_format(name)
    model = DBT_DIRECTORY / "models" / "staging" / "capi" / f"{shape.staging_model}.sql"
    assert shape.table.name.partition(".")[2] in model.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", crm_presets())
def test_a_preset_names_columns_of_an_order(name):
    Config.model_validate(sources(crm={"preset": name, "path": "x"}))
    assert set(REQUIRED_COLUMNS) <= set(preset_named(name).columns) <= set(CANONICAL_COLUMNS)


@pytest.mark.parametrize("name", consent_formats())
def test_a_consent_format_is_configurable(name):
    Config.model_validate(sources(consent={"format": name, "path": "x"}))
    assert {MOMENT} <= set(paths_of(name)) <= {MOMENT, *TEXTS, *CHOICES}


@pytest.mark.parametrize(
    "configured",
    [
        {"capi": {"format": "other", "path": "x"}},
        {"crm": {"preset": "other", "path": "x"}},
        {"consent": {"format": "other", "path": "x"}},
    ],
)
def test_what_no_file_offers_is_refused(configured):
    with pytest.raises(ValidationError, match="Input should be '"):
        Config.model_validate(sources(**configured))


def test_fields_of_a_decision_may_lie_deeper_in_the_line():
    paths = {"decided_at": "at", "user_id": "person.id", "marketing": "choices.ads"}
    row = decision_parser(paths)(
        b'{"at": "2026-11-12T10:00:00Z", "person": {"id": 7}, "choices": null}'
    )
    assert row == {
        "decided_at": datetime.fromisoformat("2026-11-12T10:00:00"),
        "user_id": "7",
        "marketing": None,
        "secret_fields": [],
    }


def test_generated_files_are_current():
    for path, text in generated_files().items():
        assert path.read_text(encoding="utf-8") == text, "run python -m matchback.sources.generate"


def test_formats_that_share_a_table_share_a_staging_model():
    models = staging_models()
    assert len(models) == len(set(models)) == len(log_formats()) - 1
    assert models[0] == "stg_capi__gateway_audit"
