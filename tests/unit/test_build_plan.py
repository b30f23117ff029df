"""A plan is compiled for no day in particular and bound to the window of a run."""

import re
from pathlib import Path
from typing import Any

import pytest

from matchback.build import dbt_cache
from matchback.build.build_plan import (
    bind,
    has_plan_like,
    keep_plan,
    plan_file,
    read_plan,
    stand_ins,
)
from matchback.core.resources import DBT_DIRECTORY

SELECTION = ("resource_type:model",)
SETTINGS: dict[str, Any] = {
    "start_date": "2026-02-27",
    "end_date": "2026-03-01",
    "as_of": "2026-03-05T12:00:00",
    "run_id": "20260305T120000Z-ab12",
    "loaded_dates": ["2026-02-27", "2026-03-01"],
    "holidays": [],
    "has_gateway": False,
    "releases": [],
    "timezone": "Europe/Berlin",
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(dbt_cache.platformdirs, "user_cache_path", lambda _: tmp_path)
    return tmp_path


def test_binding_moves_each_window_date_and_fills_in_what_a_run_knows() -> None:
    planned = stand_ins(SETTINGS)
    [loaded], [holiday] = planned["loaded_dates"], planned["holidays"]
    sql = (
        f"select '{planned['run_id']}', cast('{planned['as_of']}' as timestamp) "
        f"where day between cast('{planned['start_date']}' as date) "
        f"and cast('{planned['end_date']} 00:00:00' as timestamp) "
        f"and day in (cast('{loaded}' as date)) and day not in (cast('{holiday}' as date)) "
        "and day <> cast('1970-01-01' as date)"
    )

    assert bind({"models": [{"sql": sql}]}, SETTINGS)["models"][0]["sql"] == (
        "select '20260305T120000Z-ab12', cast('2026-03-05T12:00:00' as timestamp) "
        "where day between cast('2026-02-27' as date) "
        "and cast('2026-03-01 00:00:00' as timestamp) "
        "and day in (cast('2026-02-27' as date), cast('2026-03-01' as date)) "
        "and day not in (cast('1000-01-01' as date)) "
        "and day <> cast('1970-01-01' as date)"
    )


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"start_date": "2026-05-01", "end_date": "2026-05-03"}, True),
        ({"run_id": "another", "as_of": "2026-06-01T00:00:00", "holidays": ["2026-01-01"]}, True),
        ({"end_date": "2026-03-02"}, False),
        ({"has_gateway": True}, False),
        ({"releases": [{"date": "2026-03-01", "name": "checkout"}]}, False),
        ({"timezone": "UTC"}, False),
    ],
)
def test_a_plan_holds_for_every_window_of_the_same_length_and_settings(
    change: dict[str, Any], is_same: bool
) -> None:
    planned = plan_file("project", SETTINGS, SELECTION)

    assert (plan_file("project", {**SETTINGS, **change}, SELECTION) == planned) is is_same


def test_a_plan_of_another_project_or_selection_is_another_plan() -> None:
    planned = plan_file("project", SETTINGS, SELECTION)

    assert plan_file("changed", SETTINGS, SELECTION) != planned
    assert plan_file("project", SETTINGS, ("one_model",)) != planned


def test_a_config_has_a_plan_when_any_window_of_it_has_one() -> None:
    later = plan_file("project", {**SETTINGS, "end_date": "2026-03-09"}, SELECTION)
    foreign = plan_file("project", {**SETTINGS, "timezone": "UTC"}, SELECTION)

    keep_plan(plan_file("project", SETTINGS, SELECTION), {"models": []})

    assert has_plan_like(later)
    assert not has_plan_like(foreign)


def test_a_plan_that_cannot_be_read_is_no_plan() -> None:
    path = plan_file("project", SETTINGS, SELECTION)
    keep_plan(path, {"models": ["one"]})
    assert read_plan(path) == {"models": ["one"]}

    path.write_text("{", encoding="utf-8")

    assert read_plan(path) is None


def test_a_plan_depends_on_every_variable_that_the_profile_of_duckdb_reads() -> None:
    profile = (DBT_DIRECTORY / "profiles.yml").read_text(encoding="utf-8")
    duckdb_part = profile[: profile.index("    bigquery:")]
    read = set(re.findall(r"env_var\('(\w+)'", duckdb_part))

    assert read - {"MATCHBACK_WAREHOUSE"} <= set(dbt_cache.PLANNED_VARIABLES)
