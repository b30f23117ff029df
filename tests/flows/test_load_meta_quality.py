"""The Dataset Quality API, held against a real HTTP server on loopback."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from matchback.config import Config
from matchback.core.clock import Clock
from matchback.opening import open_duckdb
from matchback.sources.meta_quality.load import load_meta_quality
from matchback.warehouse.duckdb import DuckDBWarehouse
from tests.fixtures.graph_double import TOKEN, GraphDouble, graph_double

CLOCK = Clock(datetime(2026, 11, 22, 7, 0, tzinfo=UTC))


@pytest.fixture
def graph() -> Iterator[GraphDouble]:
    with graph_double() as double:
        yield double


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[DuckDBWarehouse]:
    with open_duckdb(tmp_path / "warehouse.duckdb") as opened:
        opened.apply_ddl()
        yield opened


def config_of(url: str, *dataset_ids: str) -> Config:
    return Config.model_validate(
        {
            "sources": {
                "ga4": {"path": "events_*"},
                "meta_quality": {
                    "dataset_ids": list(dataset_ids or ("123",)),
                    "access_token": TOKEN,
                    "api_url": url,
                },
            }
        }
    )


def stored(warehouse: DuckDBWarehouse) -> dict[tuple[str, str], float]:
    rows = warehouse.rows("select metric, name, value from landing.meta_quality")
    return {(row["metric"], row["name"]): row["value"] for row in rows}


def test_scores_coverage_and_dedup_feedback_are_stored_under_the_names_of_the_payload(
    warehouse: DuckDBWarehouse, graph: GraphDouble
) -> None:
    loaded = load_meta_quality(warehouse, config_of(graph.url), "run-1", CLOCK)

    assert loaded.problems == []
    assert loaded.figure_count == 10
    assert stored(warehouse) == {
        ("match_quality", ""): 7.4,
        ("match_key_coverage", "em"): 91.0,
        ("match_key_coverage", "ph"): 38.5,
        ("match_key_coverage", "external_id"): 64.0,
        ("event_coverage", ""): 71.5,
        ("dedup_browser", "event_id"): 99.0,
        ("dedup_server", "event_id"): 98.0,
        ("dedup_overlap", "event_id"): 93.0,
        ("data_freshness", ""): None,
        ("acr", ""): 12.0,
    }


def test_the_same_fetch_twice_changes_nothing(
    warehouse: DuckDBWarehouse, graph: GraphDouble
) -> None:
    for _ in range(2):
        load_meta_quality(warehouse, config_of(graph.url), "run-1", CLOCK)

    rows = warehouse.rows("select count(*) as n, count(distinct metric || name) as kinds "
                          "from landing.meta_quality")  # fmt: skip
    assert rows[0]["n"] == rows[0]["kinds"]


def test_the_token_travels_in_a_header_and_never_in_the_address(
    warehouse: DuckDBWarehouse, graph: GraphDouble
) -> None:
    load_meta_quality(warehouse, config_of(graph.url), "run-1", CLOCK)

    path, authorization = graph.requests[0]
    assert path.startswith("/v25.0/dataset_quality?dataset_id=123&fields=web")
    assert TOKEN not in path
    assert authorization == f"Bearer {TOKEN}"


def test_a_refused_token_is_named_by_its_code_and_the_run_goes_on(
    warehouse: DuckDBWarehouse, graph: GraphDouble, caplog: pytest.LogCaptureFixture
) -> None:
    graph.fail(401, 190, f"Malformed access token {TOKEN}")

    loaded = load_meta_quality(warehouse, config_of(graph.url, "1", "2"), "run-1", CLOCK)

    assert len(loaded.problems) == 2
    assert "answered 401 with error 190 for dataset 1" in loaded.problems[0]
    assert TOKEN not in " ".join(loaded.problems) + caplog.text
    assert stored(warehouse) == {}


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"web": []}', b'{"web": [{"x": 1}]}'])
def test_an_answer_without_figures_is_a_problem_and_no_traceback(
    warehouse: DuckDBWarehouse, graph: GraphDouble, body: bytes
) -> None:
    graph.body = body

    loaded = load_meta_quality(warehouse, config_of(graph.url), "run-1", CLOCK)

    assert loaded.figure_count == 0
    assert len(loaded.problems) == 1


def test_a_redirect_is_not_followed_since_it_would_carry_the_token_away(
    warehouse: DuckDBWarehouse, graph: GraphDouble
) -> None:
    with graph_double() as elsewhere:
        graph.status, graph.location = 302, elsewhere.url
        loaded = load_meta_quality(warehouse, config_of(graph.url), "run-1", CLOCK)

    assert elsewhere.requests == []
    assert "answered 302" in loaded.problems[0]


def test_a_host_that_is_not_there_is_a_problem(warehouse: DuckDBWarehouse) -> None:
    loaded = load_meta_quality(warehouse, config_of("http://127.0.0.1:9"), "run-1", CLOCK)

    assert "could not be reached" in loaded.problems[0]
