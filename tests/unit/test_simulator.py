"""The clean world: reproducible, consistent across files, free of real people."""

import gzip
import hashlib
import json
from pathlib import Path

import duckdb
import phonenumbers
import pyarrow.parquet as pq
import pytest

from matchback.core.errors import ConfigError
from matchback.simulator.meta import META_NAMES
from matchback.simulator.options import CAPI_FORMATS, WorldOptions, parse_leak
from matchback.simulator.people import FIRST_NAMES, documented_hashes, invent_person
from matchback.sources.ga4.tables import EVENTS
from tests.worlds import World, build_world, open_files

SMALL = {"days": 2, "events_per_day": 400}
FICTIONAL_RANGES = {
    "DE": ("3023125", "6990009", "4066969", "2214710", "8999998"),
    "FR": ("19900", "26191", "35301", "46571", "53649"),
    "GB": ("20794600", "2079460"),
    "SE": ("701740",),
    "US": ("20255501", "41555501", "30355501", "80455501", "51255501"),
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("clean"), days=3, events_per_day=900)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def one(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    (row,) = connection.execute(sql).fetchall()
    return row[0] if len(row) == 1 else row


@pytest.mark.parametrize("ga4_format", ["parquet", "json", "json.gz", "avro"])
def test_the_same_seed_writes_the_same_bytes(tmp_path: Path, ga4_format: str) -> None:
    options = SMALL | {"ga4_format": ga4_format, "formats": CAPI_FORMATS, "intraday": True}
    first = build_world(tmp_path / "a", leaks=("lost_server=2",), **options)
    second = build_world(tmp_path / "b", leaks=("lost_server=2",), **options)
    assert digests(first.path) == digests(second.path)
    assert len(digests(first.path)) == 18


def test_another_seed_writes_another_world(tmp_path: Path) -> None:
    first = build_world(tmp_path / "a", seed=1, **SMALL)
    second = build_world(tmp_path / "b", seed=2, **SMALL)
    common = digests(first.path).items() & digests(second.path).items()
    assert {name for name, _ in common} == {"matchback.yml", "releases.csv"}


def test_a_clean_world_expects_no_finding_and_exit_zero(clean: World) -> None:
    assert set(clean.truth["findings"].values()) == {0}
    assert clean.truth["exit_codes"] == [0]
    assert clean.truth["finding_dates"] == {}
    assert set(clean.truth["statuses"].values()) == {"pass"}


def test_every_consented_event_has_one_accepted_delivery_and_no_other(clean: World) -> None:
    names = ", ".join(f"('{ga4}', '{meta}')" for ga4, meta in META_NAMES.items())
    unmatched = f"""
        with taxonomy (event_name, meta_name) as (values {names}),
        client as (
            select event_id, meta_name, value, currency, event_timestamp
            from ga4 inner join taxonomy using (event_name)
            where privacy_info.ads_storage is distinct from 'No'
            qualify row_number() over (partition by event_id order by event_timestamp) = 1
        )
        select count(*), count_if(
            client.event_id is null or attempts.event_id is null or status <> 200
            or abs(event_time - event_timestamp / 1e6) > 5
            or client.value is distinct from attempts.value
            or client.currency is distinct from attempts.currency)
        from client full join attempts
            on client.event_id = attempts.event_id and client.meta_name = attempts.event_name
    """
    total, wrong = one(open_files(clean), unmatched)
    assert total > 1000
    assert wrong == 0


def test_every_browser_purchase_is_an_order_and_the_other_orders_are_tests(clean: World) -> None:
    counts = one(
        open_files(clean),
        """
        select
            count_if(ga4.order_id is not null and orders.Name is not null),
            count_if(orders.Name is null),
            count_if(ga4.order_id is null and Test = 'false'),
            count_if(ga4.order_id is not null and cast(Total as double) <> ga4.value)
        from (select * from ga4 where event_name = 'purchase') as ga4
        full join orders on upper(ga4.order_id) = orders.order_key
        """,
    )
    joined, without_order, unknown_order, other_value = counts
    assert joined > 50
    assert (without_order, unknown_order, other_value) == (0, 0, 0)


def test_order_ids_and_values_come_in_more_than_one_slot(clean: World) -> None:
    slots = one(
        open_files(clean),
        """
        select count(order_slots.int_value) > 0, count(order_slots.string_value) > 0,
            count(value_slots.int_value) > 0, count(value_slots.double_value) > 0
        from ga4 where event_name = 'purchase'
        """,
    )
    assert slots == (True, True, True, True)


def test_denied_visitors_leave_neither_an_identifier_nor_a_delivery(clean: World) -> None:
    denied, identified, sent = one(
        open_files(clean),
        """
        select count(*), count(user_pseudo_id) + count(user_id),
            count_if(event_id in (select event_id from attempts))
        from ga4 where privacy_info.analytics_storage = 'No'
        """,
    )
    assert denied > 50
    assert (identified, sent) == (0, 0)


def test_every_consent_choice_precedes_what_was_sent(clean: World) -> None:
    late = one(
        open_files(clean),
        """
        select count_if(first_choice > first_event or first_choice is null)
        from (select user_pseudo_id, make_timestamp(min(event_timestamp)) as first_event
            from ga4 where privacy_info.ads_storage = 'Yes' group by user_pseudo_id)
        left join (select client_id, min(cast("timestamp" as timestamp)) as first_choice
            from consent group by client_id) on client_id = user_pseudo_id
        """,
    )
    assert late == 0


def test_hashes_fit_the_crm_by_metas_documented_rule(clean: World) -> None:
    joined, wrong = one(
        open_files(clean),
        """
        select count(*), count_if(em <> sha256(lower(trim(Email))))
        from attempts inner join orders on upper(attempts.order_id) = order_key
        """,
    )
    assert joined > 50
    assert wrong == 0


def test_customers_come_back_and_clicks_reach_their_conversions(clean: World) -> None:
    returning, with_click, lost = one(
        open_files(clean),
        """
        with landings as (
            select user_pseudo_id, min(event_timestamp) as landed_at from ga4, unnest(event_params)
                as p(param)
            where param.key = 'page_location' and param.value.string_value like '%fbclid=%'
                and event_name = 'page_view'
            group by user_pseudo_id
        )
        select
            (select count(*) from (select user_pseudo_id from ga4 where event_name = 'session_start'
                group by user_pseudo_id having count(*) > 1 and user_pseudo_id is not null)),
            count(*), count_if(event ->> '$.user_data.fbc' is null)
        from ga4 inner join landings using (user_pseudo_id)
        inner join attempts using (event_id)
        where event_timestamp > landed_at
        """,
    )
    assert returning > 20
    assert with_click > 50
    assert lost == 0


def test_shards_have_exactly_the_types_of_the_landing_table(clean: World) -> None:
    connection = duckdb.connect()
    connection.execute("create schema landing")
    connection.execute(EVENTS.create_statement("duckdb"))
    landing = connection.execute("describe landing.ga4_rows").fetchall()
    shard = connection.execute(
        f"describe select * from '{clean.path}/data/ga4/events_20261109.parquet'"
    ).fetchall()
    assert len(shard) == 31
    assert [row[:2] for row in shard] == [row[:2] for row in landing[:31]]


def test_json_and_avro_shards_hold_the_rows_of_the_parquet_shards(tmp_path: Path) -> None:
    fastavro = pytest.importorskip("fastavro")
    parquet = build_world(tmp_path / "p", **SMALL)
    avro = build_world(tmp_path / "a", ga4_format="avro", **SMALL)
    lines = build_world(tmp_path / "j", ga4_format="json.gz", **SMALL)
    rows = pq.read_table(parquet.path / "data/ga4/events_20261109.parquet").to_pylist()
    with (avro.path / "data/ga4/events_20261109.avro").open("rb") as file:
        assert list(fastavro.reader(file)) == rows
    content = gzip.decompress((lines.path / "data/ga4/events_20261109.json.gz").read_bytes())
    as_json = [json.loads(line) for line in content.splitlines()]
    assert [row["event_timestamp"] for row in as_json] == [
        str(row["event_timestamp"]) for row in rows
    ]
    assert "user_ltv" not in as_json[0]


def test_an_intraday_shard_holds_part_of_the_last_date_without_three_columns(
    tmp_path: Path,
) -> None:
    world = build_world(tmp_path, intraday=True, **SMALL)
    daily = pq.read_table(world.path / "data/ga4/events_20261110.parquet")
    streamed = pq.read_table(world.path / "data/ga4/events_intraday_20261110.parquet")
    assert 0 < len(streamed) < len(daily)
    assert set(daily.column_names) - set(streamed.column_names) == {
        "traffic_source",
        "user_ltv",
        "is_active_user",
    }


@pytest.mark.parametrize("log_format", CAPI_FORMATS)
def test_every_log_format_carries_the_same_deliveries(tmp_path: Path, log_format: str) -> None:
    world = build_world(tmp_path, formats=(log_format,), **SMALL)
    found = 0
    for path in (world.path / "data/capi").iterdir():
        for line in gzip.decompress(path.read_bytes()).splitlines():
            found += json.dumps(json.loads(line)).count("Mozilla/5.0")
    accepted = sum(row["server_accepted_count"] for row in world.truth["health"])
    assert found == accepted


def test_the_gateway_decides_every_event_and_blocks_the_denied(tmp_path: Path) -> None:
    world = build_world(tmp_path, formats=("gateway_audit",), days=3, events_per_day=900)
    connection = open_files(world)
    decided = one(connection, "select count(distinct event_id) from records")
    clients = sum(row["client_count"] for row in world.truth["health"])
    blocked, with_reason = one(
        connection,
        """
        select count(*), count(delivery ->> '$.reason') from records
        where delivery ->> '$.status' = 'blocked' and delivery ->> '$.destination' = 'meta_capi'
        """,
    )
    consented = sum(row["consented_client_count"] for row in world.truth["health"])
    assert decided == clients
    assert blocked == with_reason == clients - consented
    assert one(connection, "select count(distinct jurisdiction) > 5 from records")


def test_the_gateway_records_nobody_where_measuring_was_denied(tmp_path: Path) -> None:
    world = build_world(tmp_path, formats=("gateway_audit",), **SMALL)
    denied, named = one(
        open_files(world),
        """
        select count(*), count_if(len(json_keys("user")) > 0) from records
        where consent_state ->> '$.analytics' = 'false'
        """,
    )
    assert denied > 20
    assert named == 0


def test_health_figures_add_up_to_the_files(clean: World) -> None:
    connection = open_files(clean)
    purchases = [row for row in clean.truth["health"] if row["canonical_event"] == "purchase"]
    dates = one(
        connection,
        """
        select list(c order by event_date) from (
            select event_date, count(*) as c from ga4 where event_name = 'purchase'
            group by event_date)
        """,
    )
    assert [row["client_count"] for row in purchases] == dates
    valid = one(
        connection,
        "select count_if(Status <> 'cancelled' and Test = 'false') from orders",
    )
    assert sum(row["crm_count"] for row in purchases) == valid


def test_invented_people_can_belong_to_nobody() -> None:
    for country in FIRST_NAMES:
        for number in range(200):
            person = invent_person(number, country, "CA")
            assert person.email.rpartition("@")[2] in ("example.com", "example.org", "example.net")
            assert person.national_number.startswith(FICTIONAL_RANGES[country])
            parsed = phonenumbers.parse(f"+{person.phone_digits}")
            assert phonenumbers.is_possible_number(parsed)
            for international in (True, False):
                written = person.written_phone(international)
                assert phonenumbers.parse(written, country) == parsed


def test_names_are_hashed_in_lower_case_without_punctuation() -> None:
    person = next(
        found
        for number in range(64)
        if (found := invent_person(number, "GB", "")).last_name == "O'Leary"
    )
    assert documented_hashes(person)["ln"] == hashlib.sha256(b"oleary").hexdigest()
    assert "st" not in documented_hashes(person)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"days": 0}, "--days 0"),
        ({"events_per_day": 5}, "--events-per-day 5"),
        ({"formats": ("gtms",)}, "--format gtms is unknown"),
        ({"ga4_format": "xml"}, "--ga4-format xml is unknown"),
    ],
)
def test_impossible_options_are_refused_by_name(options: dict, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        WorldOptions(**options)


@pytest.mark.parametrize("text", ["ghost=", "ghost=many", "ghost=-1", "ghost=0", "ghost=inf"])
def test_a_rate_that_is_no_positive_number_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="share"):
        parse_leak(text)


def test_a_folder_with_files_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ConfigError, match="not empty"):
        build_world(tmp_path, **SMALL)


def test_a_provisional_world_expects_no_ghosts_yet(tmp_path: Path) -> None:
    from datetime import date

    world = build_world(
        tmp_path, leaks=("ghost=2",), days=2, events_per_day=900, today=date(2026, 11, 11)
    )
    assert world.truth["findings"]["ghost_conversion"] == 0
    assert {row["is_final"] for row in world.truth["health"]} == {False}
    assert {row["ghost_count"] for row in world.truth["health"]} == {None}
