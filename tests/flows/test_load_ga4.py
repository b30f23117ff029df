import json
from datetime import date

import duckdb
import fastavro
import pytest

from matchback.loading.replay import replay_quarantine
from tests.fixtures.tokens import TOKEN
from tests.load_kit import CLOCK, SHARED, Project, ga4_event, lines

GA4 = {"ga4": {"path": "data/events_*"}}


@pytest.fixture(params=[50_000, 0], ids=["rows", "shards"])
def project(tmp_path, monkeypatch, request):
    """Every rule holds for Parquet that goes into rows and for Parquet that stays a file."""
    monkeypatch.setattr("matchback.sources.ga4.land.PARQUET_FROM_ROWS", request.param)
    return Project(tmp_path, GA4)


def events(*numbers, **changes):
    return lines(ga4_event(number, **changes) for number in numbers)


def parquet(project, name, query):
    path = project.root / "data" / name
    path.parent.mkdir(exist_ok=True)
    duckdb.sql(query).write_parquet(str(path))


def timestamps(project, **conditions):
    where = " and ".join(f"{name} = '{value}'" for name, value in conditions.items()) or "true"
    query = f"select event_timestamp from landing.ga4_events where {where} order by 1"
    return [row["event_timestamp"] for row in project.rows(query)]


def observed(project):
    return {
        row["path"]: row["type"]
        for row in project.rows("select path, type from landing.observed_columns")
    }


FLAT = """
    select '20261112' as event_date, 1794480000000000 + number as event_timestamp,
        'page_view' as event_name, cast(number as varchar) as user_pseudo_id
    from range(3) as numbers(number)
"""


def test_whole_numbers_written_as_text_become_numbers(project):
    project.write("data/events_20261112.json", events(1))
    project.load()
    [row] = project.rows("select * from landing.ga4_events")
    assert row["event_timestamp"] == 1794480001000000
    session = row["event_params"][1]["value"]
    assert session["int_value"] == 1700000000
    assert row["device"]["web_info"]["browser"] == "Safari"
    assert row["geo"] is None
    assert row["extra_columns"] is None
    assert (row["export_kind"], row["table_date"]) == ("daily", date(2026, 11, 12))


@pytest.mark.parametrize(
    "name",
    ["events_20261112.json.gz", "events_20261112_000.jsonl", "events_20261112000000000001.json"],
)
def test_json_shards_are_read_in_every_spelling(project, name):
    project.write(f"data/{name}", events(1, 2))
    assert project.load().rows_loaded == 2


def test_an_avro_shard_is_read(project):
    parameter = {"key": "event_id", "value": {"string_value": "pv_1"}}
    schema = {
        "type": "record",
        "name": "event",
        "fields": [
            {"name": "event_timestamp", "type": ["null", "long"]},
            {"name": "event_name", "type": "string"},
            {
                "name": "event_params",
                "type": {
                    "type": "array",
                    "items": {
                        "type": "record",
                        "name": "param",
                        "fields": [
                            {"name": "key", "type": "string"},
                            {
                                "name": "value",
                                "type": {
                                    "type": "record",
                                    "name": "slots",
                                    "fields": [{"name": "string_value", "type": "string"}],
                                },
                            },
                        ],
                    },
                },
            },
        ],
    }
    path = project.write("data/events_20261112.avro", b"")
    record = {"event_timestamp": 5, "event_name": "page_view", "event_params": [parameter]}
    with path.open("wb") as stream:
        fastavro.writer(stream, fastavro.parse_schema(schema), [record])
    project.load()
    [row] = project.rows("select * from landing.ga4_events")
    assert row["event_timestamp"] == 5
    assert row["event_params"][0]["value"]["string_value"] == "pv_1"


def test_missing_columns_are_typed_nulls(project):
    parquet(project, "events_20261112.parquet", FLAT)
    project.load()
    [row] = project.rows("select distinct event_params, device, publisher from landing.ga4_events")
    assert list(row.values()) == [None, None, None]
    assert project.count() == 3


def test_unknown_columns_are_kept_and_observed(project):
    parquet(
        project,
        "events_20261112.parquet",
        f"select *, 'x' as brand_new, {{'city': 'Aue', 'suburb': 'Zelle'}} as geo from ({FLAT})",
    )
    project.load()
    rows = project.rows("select geo, extra_columns from landing.ga4_events")
    assert {row["geo"]["city"] for row in rows} == {"Aue"}
    extra = json.loads(rows[0]["extra_columns"])
    assert extra == {"brand_new": "x", "geo": {"city": "Aue", "suburb": "Zelle"}}
    assert observed(project)["brand_new"] == "STRING"
    assert observed(project)["geo.suburb"] == "STRING"


def test_unknown_members_of_json_events_are_kept_and_observed(project):
    item = {"item_id": "SKU1", "item_new": {"a": 1}}
    project.write("data/events_20261112.json", events(1) + events(2, brand_new=[1], items=[item]))
    project.load()
    rows = project.rows("select items, extra_columns from landing.ga4_events order by row_number")
    assert rows[0]["extra_columns"] is None
    assert rows[1]["items"][0]["item_id"] == "SKU1"
    assert json.loads(rows[1]["extra_columns"]) == {"brand_new": [1], "items": [item]}
    assert observed(project)["items.item_new.a"] == "INTEGER"
    assert observed(project)["event_params"] == "RECORD REPEATED"


def test_wrongly_typed_columns_are_cast_and_observed_as_they_were(project):
    parquet(
        project,
        "events_20261112.parquet",
        f"select *, 42 as stream_id, {{'ads_storage': 1}} as privacy_info from ({FLAT})",
    )
    project.load()
    [row] = project.rows("select distinct stream_id, privacy_info from landing.ga4_events")
    assert row["stream_id"] == "42"
    assert row["privacy_info"]["ads_storage"] == "1"
    assert observed(project)["stream_id"] == "INTEGER"
    assert observed(project)["privacy_info.ads_storage"] == "INTEGER"


def test_a_value_that_cannot_be_cast_is_kept_beside(project):
    parameter = {"key": "ga_session_id", "value": {"int_value": "s1747075570$o5"}}
    project.write("data/events_20261112.json", events(1, event_params=[parameter]))
    project.load()
    [row] = project.rows("select event_params, extra_columns from landing.ga4_events")
    assert row["event_params"][0]["value"]["int_value"] is None
    assert "s1747075570$o5" in row["extra_columns"]


def test_rows_that_two_shards_share_are_loaded_once(project):
    project.write("data/events_20261112_000.json", events(1, 2, 3))
    project.write("data/events_20261112_001.json", events(3, 4))
    summary = project.load()
    assert (summary.rows_loaded, summary.rows_duplicate) == (4, 1)
    assert len(timestamps(project)) == 4
    project.assert_conserved()


def test_a_row_that_one_shard_repeats_is_loaded_once(project):
    project.write("data/events_20261112.json", events(1, 1, 2))
    assert project.load().rows_duplicate == 1
    project.assert_conserved()


def test_rows_that_differ_in_one_parameter_are_both_loaded(project):
    parameter = {"key": "event_id", "value": {"string_value": "other"}}
    project.write("data/events_20261112.json", events(1) + events(1, event_params=[parameter]))
    assert project.load().rows_loaded == 2


def test_the_same_rows_as_daily_and_intraday_stay_two_exports(project):
    project.write("data/events_intraday_20261112.json", events(1, 2))
    project.write("data/events_20261112.json", events(1, 2))
    project.write("data/events_fresh_20261112.json", events(1, 2))
    assert project.load().rows_loaded == 6
    kinds = project.rows("select distinct export_kind from landing.ga4_events order by 1")
    assert [row["export_kind"] for row in kinds] == ["daily", "fresh", "intraday"]


def test_a_re_exported_day_replaces_that_day_only(project):
    project.write("data/events_20261112.json", events(1, 2))
    project.write("data/events_20261113.json", events(90000))
    project.load()
    project.write("data/events_20261112.json", events(2, 3))
    project.load()
    assert timestamps(project) == [1794480002000000, 1794480003000000, 1794570000000000]
    project.assert_conserved()


def test_json_and_parquet_of_the_same_rows_are_shards_of_one_day(project):
    project.write("data/events_20261112.json", events(1, 2))
    project.load()
    parquet(
        project,
        "events_20261112_000.parquet",
        f"select * from read_json('{project.root}/data/events_20261112.json')",
    )
    assert project.load().rows_duplicate == 2


def test_the_folder_of_a_parquet_shard_is_no_data(tmp_path):
    folder = tmp_path / "event_name=zzz" / "country=DE"
    folder.mkdir(parents=True)
    project = Project(folder, GA4)
    project.write("events.json", events(1))
    parquet(
        project,
        "events_20261112.parquet",
        f"select * from read_json('{project.root}/events.json', hive_partitioning = false)",
    )
    project.load()
    [row] = project.rows("select event_name, extra_columns from landing.ga4_events")
    assert row["event_name"] != "zzz"
    assert row["extra_columns"] is None


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("events_20261112.parquet", b"PAR1 and nothing behind PAR1", "cannot be read"),
        ("events_20261112.parquet", b'{"event_name": "x"}\n', "holds no parquet data"),
        ("events_20261112.avro", b"Obj\x01 and nothing behind", "holds damaged avro data"),
        ("events_20261112.txt", b"{}\n", "is none of"),
        ("events_backup.json", b'{"event_name": "x", "event_timestamp": 1}\n', "no date"),
    ],
)
def test_a_file_that_is_no_shard_is_refused(project, name, content, reason):
    project.write(f"data/{name}", content)
    assert project.load().files_refused == 1
    [row] = project.ledger()
    assert reason in row["error"]
    assert project.count() == 0


def test_parquet_of_something_else_is_refused(project):
    parquet(project, "events_20261112.parquet", "select 1 as order_id")
    project.load()
    assert "has no column event_timestamp and event_name" in project.ledger()[0]["error"]


def test_a_row_without_a_name_is_quarantined_and_can_be_replayed(project):
    project.write("data/events_20261112.json", events(1) + events(2, event_name=None))
    project.load()
    [rejected] = project.quarantine()
    assert "event_name" in rejected["reason"]
    project.assert_conserved()
    fixed = json.dumps(ga4_event(2))
    project.warehouse.execute("update quarantine.rejected_rows set raw = ?", [fixed])
    assert replay_quarantine(project.config, project.warehouse, "replay", CLOCK).rows_replayed == 1
    assert len(timestamps(project)) == 2
    project.assert_conserved()


@pytest.mark.parametrize("suffix", ["json", "parquet"])
def test_a_token_in_a_parameter_is_redacted_and_named(project, suffix):
    url = f"https://shop.example.com/?access_token={TOKEN}&a=b"
    parameter = {"key": "page_location", "value": {"string_value": url}}
    text = events(1) + events(2, event_params=[parameter])
    if suffix == "json":
        project.write("data/events_20261112.json", text)
    else:
        source = project.write("source.json", text)
        parquet(project, "events_20261112.parquet", f"select * from read_json('{source}')")
    project.load()
    rows = project.rows(
        "select event_params, secret_fields from landing.ga4_events order by row_number"
    )
    assert [row["secret_fields"] for row in rows] == [None, ["event_params.page_location"]]
    clean = rows[1]["event_params"][0]["value"]["string_value"]
    assert clean == "https://shop.example.com/?access_token=REDACTED&a=b"


def test_a_large_json_shard_gives_the_same_rows_as_a_small_one(project, monkeypatch):
    numbers = range(1, 60)
    project.write("data/events_20261112.json", events(*numbers, brand_new="x"))
    project.load()
    carefully = project.rows("select * exclude (run_id, file_name) from landing.ga4_events")
    monkeypatch.setattr("matchback.sources.ga4.land.QUICK_FROM_BYTES", {"text": 0, "gzip": 0})
    project.write("data/events_20261112.json", events(*numbers, brand_new="x").rstrip())
    assert project.load().rows_loaded == 59
    quickly = project.rows("select * exclude (run_id, file_name) from landing.ga4_events")
    assert quickly == carefully


@pytest.mark.parametrize("bad", ['{"event_name": NaN}', "{broken", '{"a": 1, "a": 2}'])
def test_a_large_json_shard_with_a_bad_line_loses_only_that(project, monkeypatch, bad):
    monkeypatch.setattr("matchback.sources.ga4.land.QUICK_FROM_BYTES", {"text": 0, "gzip": 0})
    project.write("data/events_20261112.json", events(1) + bad + "\n" + events(2))
    summary = project.load()
    assert (summary.rows_loaded, summary.rows_quarantined) == (2, 1)
    assert project.quarantine()[0]["row_number"] == 2
    project.assert_conserved()


@pytest.mark.skipif(SHARED is None, reason="the shared example data is not beside the checkout")
def test_a_real_day_loads_in_full(tmp_path):
    pattern = str(SHARED / "data" / "ga4_real" / "events_20201101.parquet")
    project = Project(tmp_path, {"ga4": {"path": pattern}})
    summary = project.load()
    assert (summary.rows_loaded, summary.rows_duplicate) == (31272, 0)
    assert observed(project)["stream_id"] == "INTEGER"
    [row] = project.rows(
        "select count(event_params) as with_params, count(extra_columns) as odd "
        "from landing.ga4_events"
    )
    assert row == {"with_params": 31272, "odd": 0}
