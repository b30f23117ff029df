"""Schema drift from shard to finding: a change is named once, dated, and accepted by hand only."""

from datetime import date
from pathlib import Path

import pytest

from matchback.quality.contracts import Difference
from matchback.quality.schema_contract import accept_differences, open_differences
from tests.fixtures.shards import CLOCK, NEWER_COLUMNS, ROWS, ShardProject

DAYS = [date(2026, 11, day) for day in range(8, 15)]
CHANGE = DAYS[4]
OLD_PARAMETERS = {
    "transaction_id": "T-1", "value": 10, "ga_session_id": 1700000000, "session_engaged": "1",
}  # fmt: skip
NEW_PARAMETERS = {**OLD_PARAMETERS, "ga_session_id": "s1700000000$o5$g1", "session_engaged": 1}
PERSONAL_KEY = "ada.lovelace@example.org"
ITEM_OF_2020 = "struct_pack(item_id := 'sku', item_name := 'name', price := 1.5)"
ITEM_NOW = """struct_pack(item_id := 'sku', item_name := 'name', price := 1.5, item_params := [
    struct_pack("key" := 'colour', "value" := struct_pack(string_value := 'red'))])"""
ITEM_OF_TOMORROW = "struct_pack(item_id := 'sku', item_name := 'name', price := 1.5, shelf := 'a')"


def write_history_of_the_export(project: ShardProject) -> None:
    """Old shards without the columns that Google added later, then new ones that have them."""
    for day in DAYS:
        if day < CHANGE:
            project.write_shard(
                day, parameters=OLD_PARAMETERS, without=NEWER_COLUMNS, item=ITEM_OF_2020
            )
        else:
            project.write_shard(day, parameters=NEW_PARAMETERS, item=ITEM_NOW)


@pytest.mark.slow
def test_columns_that_google_added_are_no_drift_but_what_changed_its_slot_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = ShardProject(tmp_path / "project", monkeypatch)
    write_history_of_the_export(project)

    project.run(DAYS[0], DAYS[-1])

    assert project.findings() == [
        (str(CHANGE), "event_params.ga_session_id", "slot_flipped"),
        (str(CHANGE), "event_params.session_engaged", "slot_flipped"),
    ]
    loaded, with_item_params = project.rows(
        "select count(*), count(*) filter (items[1].item_params[1].value.string_value = 'red') "
        "from landing.ga4_events"
    )[0]
    assert (loaded, with_item_params) == (ROWS * len(DAYS), ROWS * len(DAYS[4:]))


@pytest.mark.slow
def test_day_by_day_and_full_refresh_find_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = ShardProject(tmp_path / "project", monkeypatch)
    write_history_of_the_export(project)
    drift = "select * exclude (run_id) from marts_next.fct_schema_drift order by all"
    profile = "select * from work.int_schema_profile order by all"

    for day in DAYS[2:]:
        project.run(day, day)
    project.run(DAYS[0], DAYS[-1])
    incremental = (project.rows(drift), project.rows(profile), project.findings())
    project.run(DAYS[0], DAYS[-1], full_refresh=True)

    assert (project.rows(drift), project.rows(profile), project.findings()) == incremental
    assert len(incremental[0]) == 2 * len(DAYS[4:])


@pytest.mark.slow
def test_an_unknown_field_inside_items_is_kept_and_named_and_a_lost_column_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = ShardProject(tmp_path / "project", monkeypatch)
    for day in DAYS[:5]:
        project.write_shard(day, parameters=OLD_PARAMETERS, item=ITEM_OF_2020)
    project.write_shard(
        DAYS[5],
        parameters=OLD_PARAMETERS,
        item=ITEM_OF_TOMORROW,
        extra=", struct_pack(mood := 'good', score := 3) as session_mood",
        without=("stream_id",),
    )
    project.write_shard(
        DAYS[6],
        parameters=OLD_PARAMETERS,
        item=ITEM_OF_2020,
        without=("is_active_user", "user_ltv", "traffic_source"),
        name="events_intraday",
    )

    project.run(DAYS[0], DAYS[-1])

    day = str(DAYS[5])
    assert project.findings() == [
        (day, "items.shelf", "added"),
        (day, "session_mood", "added"),
        (day, "stream_id", "removed"),
    ]
    kept = project.rows(
        "select distinct extra_columns from landing.ga4_events where extra_columns is not null"
    )
    assert "good" in kept[0][0]
    assert "shelf" in kept[0][0]
    assert project.rows("select count(*) from landing.ga4_events") == [(ROWS * len(DAYS),)]
    value = project.rows("select value from work.int_measures__schema where check_id like 's%'")
    assert value == [(0.0,)]


@pytest.mark.slow
def test_an_accepted_change_is_the_rule_from_its_first_date_and_says_who_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = tmp_path / "project" / "releases.csv"
    project = ShardProject(tmp_path / "project", monkeypatch, flow_map={"releases": releases.name})
    releases.write_text(f"date,name\n{DAYS[3]},checkout 4\n", encoding="utf-8")
    for day in DAYS:
        changed = {**OLD_PARAMETERS, "transaction_id": 17, "coupon": "X", PERSONAL_KEY: 1}
        project.write_shard(day, parameters=changed if day >= CHANGE else OLD_PARAMETERS)
    project.run(DAYS[0], DAYS[-1])
    before = {(day, path): change for day, path, change in project.findings()}

    with project.warehouse() as warehouse:
        differences: list[Difference] = open_differences(warehouse)
        versions = accept_differences(
            warehouse, project.config, by="Ada", why="checkout 4 sends numbers", clock=CLOCK
        )
        assert open_differences(warehouse) == []
    project.run(DAYS[0], DAYS[-1])

    assert before == {
        (str(CHANGE), "event_params.transaction_id"): "slot_flipped",
        (str(CHANGE), "event_params.coupon"): "added",
        (str(CHANGE), "event_params.(unusual name)"): "added",
    }
    assert {one.release for one in differences} == {"checkout 4"}
    assert [(one.source, one.version) for one in versions] == [("ga4", 2)]
    assert project.findings() == []
    text = (project.root / "contracts" / "ga4.v2.yml").read_text(encoding="utf-8")
    assert "accepted_by: Ada" in text
    assert "reason: checkout 4 sends numbers" in text
    assert "T-1" not in text
    assert PERSONAL_KEY not in text
