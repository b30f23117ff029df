"""Access, erasure and retention on a whole world, and the declarations they rely on."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from matchback.core.clock import Clock
from matchback.privacy.registry import DERIVED_SCHEMAS, PERSONAL_TABLES
from matchback.privacy.retention import retention
from matchback.sources.catalog import TABLES
from matchback.sources.kit.tables import PII_HITS
from tests.load_kit import Project
from tests.runs import Published, matchback, run_window
from tests.worlds import World, build_world

# Column names that refer to a person wherever they stand.
PERSONAL_NAMES = {
    "canonical_id",
    "client_event_id",
    "client_id",
    "customer_id",
    "customer_node",
    "deliveries",
    "entity_id",
    "event_id",
    "free_text",
    "identifier",
    "input_element",
    "order_id",
    "raw",
    "reconciled_event_id",
    "request",
    "request_body",
    "server_event_id",
    "user_id",
    "user_pseudo_id",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = build_world(tmp_path_factory.mktemp("dpo"), days=3, events_per_day=300)
    finished = run_window(world.path, world.truth["start"], world.truth["end"], world.as_of)
    assert finished.code == 0, finished.stderr
    return world


@pytest.fixture
def world(ran: World, tmp_path: Path) -> World:
    folder = tmp_path / "world"
    shutil.copytree(ran.path, folder)
    return World(folder, ran.truth, ran.options)


def customer_of(folder: Path) -> tuple[str, set[str]]:
    """Return a customer who bought, with everything that GA4 and the CRM call that customer."""
    rows = Published(folder).rows(
        "select orders.customer_id, events.user_pseudo_id, orders.order_id "
        "from landing.crm_orders as orders "
        "inner join landing.ga4_events as events on orders.customer_id = events.user_id "
        "where events.user_pseudo_id is not null order by 1, 2, 3"
    )
    customer = rows[0][0]
    names = {str(value) for row in rows if row[0] == customer for value in row}
    return customer, {name.removeprefix("#") for name in names if len(name) > 5}


def cells_holding(folder: Path, names: set[str]) -> list[str]:
    """Name every table of the warehouse in which a text contains one of the names."""
    found = []
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_type = 'BASE TABLE'"
        ).fetchall()
        for schema, table in tables:
            for name in names:
                [(count,)] = connection.execute(
                    f"select count(*) from {schema}.{table} as held "
                    "where contains(cast(to_json(held) as varchar), ?)",
                    [name],
                ).fetchall()
                if count:
                    found.append(f"{schema}.{table}")
    return sorted(set(found))


def test_every_table_is_declared_and_every_personal_column_has_an_action(ran: World) -> None:
    declared = {name for table in TABLES for name in (table.name, table.stored_on("duckdb"))}
    rows = Published(ran.path).rows(
        "select distinct table_schema || '.' || table_name from information_schema.tables "
        f"where table_schema not in {('reference', *DERIVED_SCHEMAS)}"
    )
    assert {name for (name,) in rows} == declared
    acted_on = {table.name for table in PERSONAL_TABLES if table.erasure} | {PII_HITS.name}
    forgotten = {
        f"{table.name}.{column}"
        for table in TABLES
        for column in PERSONAL_NAMES & set(table.types)
        if table.name not in acted_on
    }
    assert forgotten == set()


def test_access_lists_what_is_held_and_what_was_sent(world: World) -> None:
    customer, _ = customer_of(world.path)

    answer = matchback(world.path, "access", customer, "--json").json()

    assert answer["held"]["landing.crm_orders"] >= 1
    assert answer["held"]["landing.ga4_events"] >= 1
    assert {row["destination"] for row in answer["sent"]} == {"meta_capi"}
    assert all(row["outcome"] == "accepted" for row in answer["sent"])


def test_an_erased_person_is_nowhere_and_stays_away(world: World) -> None:
    customer, names = customer_of(world.path)
    assert cells_holding(world.path, names)

    erased = matchback(
        world.path, "erase", customer, "--yes", "--as-of", world.as_of, "--json"
    ).json()

    assert all(count == 0 for count in erased["rows_after"].values())
    assert sum(erased["rows_before"].values()) > 0
    assert cells_holding(world.path, names) == []
    for page in (world.path / "reports").rglob("*.html"):
        assert not any(name in page.read_text(encoding="utf-8") for name in names)

    for original in list((world.path / "data").rglob("*.*")):
        shutil.copyfile(
            original,
            original.with_name(
                f"{original.name.partition('.')[0]}_again.{original.name.partition('.')[2]}"
            ),
        )
        original.write_bytes(original.read_bytes())
    with duckdb.connect(str(world.path / "warehouse.duckdb")) as connection:
        connection.execute("update landing.load_ledger set digest = 'old', file_size = 0")
    again = run_window(world.path, world.truth["start"], world.truth["end"], world.as_of)

    assert again.code in (0, 1), again.stderr
    assert cells_holding(world.path, names) == []


def test_nothing_is_erased_unasked(world: World) -> None:
    customer, names = customer_of(world.path)

    refused = matchback(world.path, "erase", customer)
    pretended = matchback(world.path, "erase", customer, "--as-of", world.as_of)
    shown = matchback(world.path, "erase", customer, "--dry-run", "--json").json()
    unknown = matchback(world.path, "erase", "nobody-7", "--json")

    assert (refused.code, pretended.code, unknown.code) == (2, 2, 0)
    assert "--yes" in refused.stderr
    assert "pretended" in pretended.stderr
    assert shown["rows_before"]["landing.crm_orders"] >= 1
    assert unknown.json()["rows_before"]["landing.crm_orders"] == 0
    assert cells_holding(world.path, names)


def test_erasures_are_chained(world: World) -> None:
    customers = [
        row[0]
        for row in Published(world.path).rows(
            "select distinct customer_id from landing.crm_orders order by 1 limit 2"
        )
    ]
    for customer in customers:
        matchback(world.path, "erase", customer, "--yes", "--as-of", world.as_of)

    first, second = Published(world.path).rows(
        "select previous_hash, proof_hash from ops.erasure_requests "
        "order by requested_at, request_id"
    )
    assert {first[0], second[0]} == {"", first[1] if second[0] else second[1]}


def test_contact_data_on_the_command_line_is_refused(world: World) -> None:
    finished = matchback(world.path, "access", "somebody@example.com")

    assert finished.code == 2
    assert "somebody" not in finished.stderr + finished.stdout


def test_what_is_older_than_the_policy_is_found_and_then_anonymised(world: World) -> None:
    later = "2027-03-15T12:00:00Z"
    window = (world.truth["start"], world.truth["end"])
    run_window(world.path, *window, later)
    assert Published(world.path).statuses()["retention_overdue"] == "fail"

    at = ("--as-of", later, "--json")
    refused = matchback(world.path, "retention", *at)
    shown = matchback(world.path, "retention", "--dry-run", *at).json()["rows"]
    assert refused.code == 2
    assert "--yes" in refused.stderr
    assert Published(world.path).rows("select count(*) > 0 from landing.capi_gtms") == [(True,)]

    touched = matchback(world.path, "retention", "--yes", *at).json()["rows"]

    assert touched == shown

    assert touched["marts.fct_deliveries"] > 0
    held = Published(world.path)
    assert held.rows("select count(*) from landing.capi_gtms") == [(0,)]
    assert held.rows("select count(*) from marts.fct_deliveries where event_id is not null") == [
        (0,)
    ]
    assert held.rows("select count(*) > 0 from marts.agg_event_health_daily") == [(True,)]


@pytest.mark.parametrize(("zone", "hour"), [("America/New_York", 5), ("Asia/Tokyo", -9)])
def test_retention_ends_at_midnight_of_the_property(tmp_path, zone, hour):
    project = Project(tmp_path, {"ga4": {"path": "data/events_*"}})
    settings = project.config.property.model_copy(update={"timezone": zone})
    config = project.config.model_copy(update={"property": settings})
    project.warehouse.execute(
        "insert into landing.capi_gtms (logged_at, row_number) "
        "select timestamp '2026-11-16' + to_hours(?) + to_seconds(part), part "
        "from unnest([-1, 0]) as parts(part)",
        [hour],
    )
    retention(project.warehouse, config, Clock(datetime(2027, 2, 14, 12, tzinfo=UTC)))
    left = project.rows("select row_number from landing.capi_gtms")
    assert [row["row_number"] for row in left] == [0]
