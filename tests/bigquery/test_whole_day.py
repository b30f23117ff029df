"""A whole daily build, computed by Google's reference implementation, equals DuckDB's."""

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from matchback.build.dbt import dbt_environment, dbt_settings
from matchback.config import Config, load_config
from matchback.core.clock import Clock
from matchback.core.resources import SEEDS_DIRECTORY
from matchback.core.window import Window
from tests.bigquery.conftest import Conversation, converse
from tests.bigquery.googlesql import GoogleSql, Name
from tests.bigquery.values import content_of, plain, rows_of
from tests.runs import matchback, run_window

pytestmark = pytest.mark.slow

PREFIX = "matchback_"
START, END, AS_OF = date(2026, 11, 8), date(2026, 11, 11), "2026-11-22T12:00:00Z"
WORLD = ("--days", "4", "--events-per-day", "400", "--seed", "7", "--start", START.isoformat())
LEAKS = (
    "click_id_malformed",
    "client_duplicate",
    "clock_skew",
    "consent_desync",
    "consent_proof",
    "duplicate_server",
    "event_id_mismatch",
    "field_minimisation",
    "ghost",
    "gpc",
    "hash_format",
    "hash_junk",
    "hash_mismatch",
    "load_bad_lines",
    "lost_server",
    "never_hash",
    "no_consent",
    "order_id_missing",
    "over_blocked",
    "plain_pii",
    "rejected_recovered",
    "response_timeout",
    "slot_flip",
    "taxonomy_case",
    "value_mismatch",
    "withdrawn",
)
# The state of a shard digests the model's SQL, which differs between the engines.
STATE_OF_SHARDS = {
    ("work", model): {"shard_state"}
    for model in (
        "stg_ga4__rows",
        "stg_ga4__clicks",
        "int_ga4_event_counts",
        "int_ga4_parameter_counts",
    )
}
# The keys of an object have no order: BigQuery sorts them, DuckDB keeps the text's.
NOT_COMPARED = STATE_OF_SHARDS | {
    ("work", model): {"payload_paths"}
    for model in (
        "stg_capi__dataflow_dlq",
        "stg_capi__gateway_audit",
        "stg_capi__gtms",
        "stg_capi__request_response",
        "int_logged_attempts",
        "int_delivery_attempts",
        "int_server_events",
    )
}


@dataclass(frozen=True)
class Day:
    """One build on both engines: DuckDB's file, and the evaluator's relations."""

    duck: duckdb.DuckDBPyConnection
    google: GoogleSql
    relations: dict[Name, Any]
    models: list[Mapping[str, Any]]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    folder = tmp_path_factory.mktemp("day")
    world = folder / "world"
    leaks = [part for leak in LEAKS for part in ("--leak", f"{leak}=1")]
    made = matchback(
        folder, "simulate", "--out", str(world), *WORLD, "--format", "gateway_audit", *leaks
    )
    assert made.code == 0, made.stderr
    finished = run_window(world, START.isoformat(), END.isoformat(), AS_OF)
    assert finished.code in {0, 1}, finished.stderr
    config = load_config(world / "matchback.yml", {})
    settings = _settings(config)
    conversation = converse(folder, ["seed"], ["run"], settings=settings)
    google, relations = _landed(config.warehouse_path, conversation)
    _build_on_duckdb(config, settings)
    models = _evaluate(google, relations, conversation, folder / "target")
    duck = duckdb.connect(str(config.warehouse_path), read_only=True)
    duck.execute("set TimeZone = 'UTC'")
    return Day(duck, google, relations, models)


def test_every_model_has_the_same_rows_on_both_engines(day: Day) -> None:
    different = {
        model["name"]: rows for model in day.models if (rows := _differences(day, model)) != (0, 0)
    }

    assert len(day.models) >= 88
    assert different == {}


def test_the_world_gives_every_published_table_something_to_compare(day: Day) -> None:
    empty = {
        model["name"]
        for model in day.models
        if model["schema"] == f"{PREFIX}marts_next"
        and not day.relations[model["schema"], model["name"]].table_data.row
    }

    assert empty == set()


def test_no_stored_list_holds_a_null(day: Day) -> None:
    """BigQuery refuses to write such a list."""
    holding = {
        model["name"]
        for model in day.models
        if model["config"]["materialized"] != "view"
        for row in _evaluated(day, model)
        for value in row
        if isinstance(value, tuple) and None in value and not _is_struct_list(value)
    }

    assert holding == set()


def _is_struct_list(value: tuple[Any, ...]) -> bool:
    return any(isinstance(item, tuple) for item in value)


def _settings(config: Config) -> dict[str, Any]:
    clock = Clock(datetime.fromisoformat(AS_OF).astimezone(UTC))
    return dbt_settings(config, Window(START, END), "compared", clock, has_gateway=True)


def _build_on_duckdb(config: Config, settings: Mapping[str, Any]) -> None:
    """Build once more on the state that the evaluator is given."""
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "run", "--full-refresh"]
    finished = subprocess.run(
        [*command, "--vars", json.dumps(dict(settings))],
        env=dbt_environment(config, {"PATH": "/usr/bin:/bin"}),
        cwd=config.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout[-2000:]


def _landed(warehouse: Path, conversation: Conversation) -> tuple[GoogleSql, dict[Name, Any]]:
    """Give the evaluator what dbt starts from: landing, ops, the published past, the seeds."""
    google = GoogleSql()
    contents: dict[Name, Any] = {}
    with duckdb.connect(str(warehouse), read_only=True) as duck:
        duck.execute("set TimeZone = 'UTC'")
        for spelled, declared in conversation.columns.items():
            schema, table = spelled.split(".")
            google.declare((schema, table), declared)
            columns = google.tables[schema, table]
            layer = schema.removeprefix(PREFIX)
            if layer in {"landing", "quarantine", "ops", "marts"}:
                names = ", ".join(f'"{column.name}"' for column in columns)
                rows = duck.execute(f"select {names} from {layer}.{table}").fetchall()
                contents[schema, table] = content_of(rows, columns)
            elif layer == "reference":
                rows = _seed_rows(table, [column.name for column in columns])
                contents[schema, table] = content_of(rows, columns)
    return google, contents


def _seed_rows(seed: str, names: list[str]) -> list[list[str | None]]:
    with (SEEDS_DIRECTORY / f"{seed}.csv").open(encoding="utf-8", newline="") as lines:
        return [[row[name] or None for name in names] for row in csv.DictReader(lines)]


def _evaluate(
    google: GoogleSql, contents: dict[Name, Any], conversation: Conversation, target: Path
) -> list[Mapping[str, Any]]:
    """Compute each model from the results of those before it."""
    models = []
    for item in conversation.statements:
        if item["invocation"] < 1 or item["kind"] not in {"CREATE_TABLE_AS_SELECT", "CREATE_VIEW"}:
            continue
        model = conversation.manifest["nodes"][item["node"]]
        compiled = target / "compiled" / "matchback" / model["original_file_path"]
        query = compiled.read_text(encoding="utf-8")
        contents[model["schema"], model["name"]] = google.evaluate(query, contents)
        models.append(model)
    return models


def _evaluated(day: Day, model: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    name = (model["schema"], model["name"])
    return rows_of(day.relations[name], day.google.tables[name])


def _differences(day: Day, model: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many rows only the evaluator has, and how many only DuckDB has."""
    layer = model["schema"].removeprefix(PREFIX)
    ignored = NOT_COMPARED.get((layer, model["name"]), set())
    columns = [column.name for column in day.google.tables[model["schema"], model["name"]]]
    kept = [index for index, name in enumerate(columns) if name not in ignored]
    evaluated = Counter(tuple(row[index] for index in kept) for row in _evaluated(day, model))
    names = ", ".join(f'"{columns[index]}"' for index in kept)
    stored = day.duck.execute(f"select {names} from {layer}.{model['name']}").fetchall()
    expected = Counter(tuple(plain(value) for value in row) for row in stored)
    return (evaluated - expected).total(), (expected - evaluated).total()
