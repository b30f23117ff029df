"""The dbt project on DuckDB: its unit tests, its data tests, its documentation."""

import json
from typing import Any

import duckdb
import pytest

from matchback.config import load_config
from matchback.opening import open_duckdb
from matchback.reporting.docs import write_docs
from matchback.reporting.passport import find_passport
from tests.runs import CACHE, dbt_results
from tests.worlds import World


def test_every_unit_test_passes_and_some_ran(clean_run: World) -> None:
    ran = dbt_results(load_config(clean_run.config, {}), "test", "--select", "test_type:unit")

    assert len(ran) > 30
    assert {one["status"] for one in ran} == {"pass"}


def test_every_data_test_passes_on_a_clean_world(clean_run: World) -> None:
    settings = {
        "start_date": clean_run.truth["start"],
        "end_date": clean_run.truth["end"],
        "timezone": clean_run.truth["timezone"],
    }
    config = load_config(clean_run.config, {})
    ran = dbt_results(config, "test", "--select", "test_type:data", settings=settings)

    assert len(ran) > 100
    assert {one["status"] for one in ran} == {"pass"}


def test_a_delivery_names_the_fields_of_its_payload_where_the_log_lists_none(
    clean_run: World,
) -> None:
    with duckdb.connect(str(clean_run.path / "warehouse.duckdb"), read_only=True) as warehouse:
        sent = warehouse.execute(
            "select distinct fields_sent from marts.fct_deliveries "
            "where canonical_event = 'purchase' and source_format like 'gtms%'"
        ).fetchall()

    assert sent
    for [fields] in sent:
        assert fields == sorted(set(fields))
        assert {"event_name", "event_id", "em", "value", "order_id"} <= set(fields)
        assert not {"user_data", "custom_data"} & set(fields)


@pytest.mark.parametrize("column", ["client_event_id", "server_event_id", "canonical_id"])
def test_the_passport_finds_an_event_of_a_run_by_the_digest_of_its_ids(
    clean_run: World, column: str
) -> None:
    with open_duckdb(clean_run.path / "warehouse.duckdb", read_only=True) as warehouse:
        [row] = warehouse.rows(
            f"select {column} as id, reconciled_event_id from marts.fct_reconciled_events "
            f"where {column} is not null and order_id is not null order by 2 limit 1"
        )
        passport = find_passport(warehouse, row["id"])

    assert row["id"] in {
        event.canonical_id if column == "canonical_id" else event.event_id
        for event in passport.events
    }


@pytest.fixture(scope="module")
def manifest(clean_run: World) -> dict[str, Any]:
    config = load_config(clean_run.config, {})
    pages = write_docs(config, {"PATH": "/usr/bin:/bin", "HOME": "/tmp", **CACHE})
    target = config.state_folder / "dbt_target"
    documented = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    catalog = json.loads((target / "catalog.json").read_text(encoding="utf-8"))
    return {
        **{part: documented[part] for part in ("nodes", "sources", "exposures", "child_map")},
        "catalog": catalog["nodes"],
        "source_catalog": catalog["sources"],
        "target": target,
        "pages": pages,
    }


def test_every_model_and_column_is_described(manifest: dict[str, Any]) -> None:
    silent = []
    for name, node in manifest["nodes"].items():
        if node["resource_type"] not in ("model", "seed"):
            continue
        if not node["description"]:
            silent.append(name)
        described = {
            column for column, entry in node["columns"].items() if entry["description"].strip()
        }
        built = manifest["catalog"].get(name, {}).get("columns", {})
        silent += [f"{name}.{column}" for column in built if column not in described]

    assert silent == []


def test_every_model_states_its_grain_first(manifest: dict[str, Any]) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]

    assert [
        node["name"] for node in models if not node["description"].startswith("Grain: one")
    ] == []
    assert [node["name"] for node in models if "-- Grain: " not in node["raw_code"]] == []


def test_make_docs_writes_every_document_and_the_report_links_them(
    manifest: dict[str, Any],
) -> None:
    names = [page.name for page in manifest["pages"]]
    report = manifest["pages"][-1].read_text(encoding="utf-8")

    assert names == ["dbt_docs.html", "schema_docs.html", "index.html", "index.html"]
    for address in ("dbt_docs.html", "schema_docs.html", "data_docs/index.html"):
        assert f'href="{address}"' in report


def test_the_docs_are_one_static_file(manifest: dict[str, Any]) -> None:
    assert (manifest["target"] / "static_index.html").stat().st_size > 100_000


def test_every_source_and_every_model_leads_to_something_that_people_look_at(
    manifest: dict[str, Any],
) -> None:
    def reaches_an_exposure(name: str) -> bool:
        return name.startswith("exposure.") or any(
            reaches_an_exposure(child) for child in manifest["child_map"].get(name, [])
        )

    starts = [
        name
        for name, node in (manifest["nodes"] | manifest["sources"]).items()
        if node["resource_type"] in ("model", "seed", "source")
    ]

    assert [name for name in starts if not reaches_an_exposure(name)] == []


def test_every_landing_table_is_described_column_by_column(manifest: dict[str, Any]) -> None:
    silent = [
        f"{source['name']}.{column}"
        for name, source in manifest["sources"].items()
        if source["source_name"] == "landing"
        for column in manifest["source_catalog"][name]["columns"]
        if not source["columns"].get(column, {}).get("description")
    ]

    assert silent == []


def test_the_overview_holds_the_glossary(manifest: dict[str, Any]) -> None:
    page = (manifest["target"] / "static_index.html").read_text(encoding="utf-8")

    for word in ("Canonical event", "Hit ratio", "Dedup rate", "Provisional, final"):
        assert f"| **{word}** |" in page
