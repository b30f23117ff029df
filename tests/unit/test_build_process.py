"""What dbt planned is built in DuckDB as dbt's materializations would build it."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from matchback.build import build_process
from matchback.sources.catalog import TABLES
from matchback.warehouse.duckdb import DuckDBWarehouse

CANARY = "canary.person@example.org"

Build = Callable[..., dict[str, Any]]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


def model(name: str, sql: str, kind: str = "table", **more: Any) -> dict[str, Any]:
    identity = {"unique_id": f"model.matchback.{name}", "schema": "work", "name": name}
    return {**identity, "relation": f'"work"."{name}"', "kind": kind, "sql": sql, **more}


def history(sql: str, more: str) -> dict[str, Any]:
    hooks = ["delete from work.history where day >= 2"]
    extra = {"hooks": hooks, "sql_of_more": more, "may_gain_columns": True}
    return model("history", sql, "incremental", **extra)


@pytest.fixture
def build(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Build:
    """Return the process's work: its request goes in, its answer comes out."""
    monkeypatch.setenv("MATCHBACK_WAREHOUSE", str(database))
    with DuckDBWarehouse(database) as warehouse:
        warehouse.apply_ddl(TABLES)

    def once(
        *models: dict[str, Any],
        seeds: tuple[dict[str, Any], ...] = (),
        test: str = "select 1 where false",
        full_refresh: bool = False,
        **settings: str,
    ) -> dict[str, Any]:
        plan = {
            "settings": {"TimeZone": "UTC", **settings},
            "seeds": seeds,
            "models": models,
            "tests": [{"unique_id": "test.matchback.promise", "sql": test}],
        }
        request = {
            "plan": plan,
            "first_date": "2026-11-09",
            "last_date": "2026-11-09",
            "with_seeds": bool(seeds),
            "full_refresh": full_refresh,
        }
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(request)))
        build_process.main()
        return json.loads(capsys.readouterr().out)

    return once


def rows(database: Path, table: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(database)) as connection:
        return connection.execute(f"select * from {table} order by all").fetchall()


def test_a_name_may_change_between_table_and_view(build: Build, database: Path) -> None:
    build(model("one", "select 1 as a"))
    as_view = build(model("one", "select 2 as a", "view"))
    as_table = build(model("one", "select 3 as a"))

    assert as_view["is_success"]
    assert as_table["is_success"]
    assert rows(database, "work.one") == [(3,)]


def test_a_history_keeps_the_rows_that_no_hook_deletes_and_gains_columns(
    build: Build, database: Path
) -> None:
    first = history("select unnest([1, 2]) as day", "")
    more = history("", "select 'new' as word, unnest([2, 3]) as day")

    build(first)
    build(more)

    assert rows(database, "work.history") == [(1, None), (2, "new"), (3, "new")]


def test_a_full_refresh_makes_a_history_anew(build: Build, database: Path) -> None:
    build(history("select unnest([1, 2]) as day", ""))
    build(history("select 9 as day", ""), full_refresh=True)

    assert rows(database, "work.history") == [(9,)]


def test_a_history_is_left_whole_when_its_new_rows_cannot_be_made(
    build: Build, database: Path
) -> None:
    build(history("select unnest([1, 2]) as day", ""))
    broken = build(history("", "select missing as day"))

    assert [node["status"] for node in broken["nodes"]] == ["error"]
    assert rows(database, "work.history") == [(1,), (2,)]


def test_a_seed_is_loaded_with_its_types(build: Build, database: Path, tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text("code,weight\n01,2\n", encoding="utf-8")
    seed = {
        "unique_id": "seed.matchback.codes",
        "schema": "reference",
        "name": "codes",
        "relation": '"reference"."codes"',
        "columns": {"code": "varchar", "weight": "bigint"},
        "file": str(tmp_path / "codes.csv"),
    }

    build(model("one", "select * from reference.codes"), seeds=(seed,))

    assert rows(database, "work.one") == [("01", 2)]


def test_the_first_model_that_breaks_ends_the_build_and_says_why(
    build: Build, database: Path
) -> None:
    finished = build(model("bad", "select missing"), model("after", "select 1 as a"))

    [bad] = finished["nodes"]
    assert not finished["is_success"]
    assert (bad["unique_id"], bad["status"]) == ("model.matchback.bad", "error")
    assert "BinderException" in bad["text"]
    assert "missing" in bad["text"]


def test_an_error_that_would_quote_a_row_is_named_only(build: Build, database: Path) -> None:
    finished = build(model("bad", f"select cast('{CANARY}' as integer) as a"))

    assert finished["nodes"][0]["text"] == "ConversionException"


def test_a_broken_promise_fails_and_the_others_are_still_read(build: Build, database: Path) -> None:
    finished = build(model("one", f"select '{CANARY}' as a"), test="select a from work.one")

    made, promise = finished["nodes"]
    assert not finished["is_success"]
    assert (made["status"], promise["status"]) == ("success", "fail")
    assert promise["text"].startswith("1 rows of")
    assert CANARY not in promise["text"]


WIDE = "select i, repeat(cast(i as varchar), 40) as text from range(500_000) as numbers(i)"
# Lists in the making cannot be written aside.
GREEDY = "select len(list(text order by i desc)) as a from work.wide"


def test_a_model_for_which_the_first_memory_is_too_little_takes_more(
    build: Build, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_process, "FIRST_MEMORY", 60_000_000)

    finished = build(model("wide", WIDE), model("greedy", GREEDY))

    assert finished["is_success"], finished["nodes"]
    assert rows(database, "work.greedy") == [(500_000,)]


def test_a_limit_of_the_config_is_kept(
    build: Build, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHBACK_MEMORY_LIMIT", "60MB")

    finished = build(model("wide", WIDE), model("greedy", GREEDY), memory_limit="60MB")

    assert finished["nodes"][-1]["text"].startswith("OutOfMemoryException")
