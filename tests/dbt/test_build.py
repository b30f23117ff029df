"""The process that runs dbt: what breaks is named, memory is raised, nothing of a row is told."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from matchback.build import dbt
from matchback.build.dbt_process import told
from matchback.config import Config, load_config
from matchback.core.errors import BuildError, IntegrityError, WarehouseCorruptError
from matchback.core.resources import DBT_DIRECTORY
from matchback.opening import open_duckdb

CANARY = "canary.person@example.org"
DAY = {"start_date": "2026-11-09", "end_date": "2026-11-09"}
PROMISE = "select * from {{ ref('made') }} where a is null"
WIDE = "select i, repeat(cast(i as varchar), 40) as text from range(500_000) as numbers(i)"
# Lists in the making cannot be written aside.
GREEDY = "select len(list(text order by i desc)) as a from {{ ref('wide') }}"

Build = Callable[..., int]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "matchback.yml"
    path.write_text("sources: {ga4: {path: data}}\n", encoding="utf-8")
    config = load_config(path, {})
    with open_duckdb(config.warehouse_path) as warehouse:
        warehouse.apply_ddl()
    return config


@pytest.fixture
def build(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Return a build of a small project of our own materializations, profile and selector."""
    project = tmp_path / "project"
    shutil.copytree(DBT_DIRECTORY / "macros/materializations", project / "macros")
    for name in ("profiles.yml", "selectors.yml"):
        shutil.copy(DBT_DIRECTORY / name, project)
    about = {"name": "small", "profile": "matchback", "data_tests": {"+tags": ["integrity"]}}
    (project / "dbt_project.yml").write_text(yaml.safe_dump(about), encoding="utf-8")
    monkeypatch.setattr(dbt, "DBT_DIRECTORY", project)

    def once(
        *, seed: str = "", promise: str = PROMISE, memory_limit: str = "", **models: str
    ) -> int:
        limited = config.warehouse.model_copy(update={"memory_limit": memory_limit or None})
        chosen = config.model_copy(update={"warehouse": limited})
        files = {f"models/{name}.sql": sql for name, sql in models.items()}
        files |= {"tests/promise.sql": promise} if "made" in models else {}
        files |= {"seeds/codes.csv": seed} if seed else {}
        for name, text in files.items():
            (project / name).parent.mkdir(exist_ok=True)
            (project / name).write_text(text, encoding="utf-8")
        environment = {"PATH": "/usr/bin:/bin", "MATCHBACK_CACHE": str(tmp_path / "cache")}
        with dbt.DbtProcess(chosen, environment) as process:
            return process.build(DAY, with_seeds=bool(seed))

    return once


def rows(config: Config, table: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(config.warehouse_path)) as connection:
        return connection.execute(f"select * from {table} order by all").fetchall()


def log(config: Config) -> str:
    return (config.state_folder / "dbt_logs" / "dbt.log").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("model", "promise", "error", "named"),
    [
        ("select 1 as a", "select a from {{ ref('made') }}", IntegrityError, "promise"),
        ("select missing", PROMISE, BuildError, "the model made"),
    ],
)
def test_what_breaks_is_named_and_told_in_the_log(
    model: str, promise: str, error: type[Exception], named: str, build: Build, config: Config
) -> None:
    with pytest.raises(error, match=f"{named}.*published tables are unchanged"):
        build(made=model, promise=promise)

    assert named.split()[-1] in log(config)


def test_an_error_that_would_quote_a_row_is_named_only(build: Build, config: Config) -> None:
    with pytest.raises(BuildError):
        build(
            source=f"select '{CANARY}' as a",
            made=_table("select cast(a as int) as a from {{ ref('source') }}"),
        )

    assert log(config).endswith("model.small.made: Conversion Error\n")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Runtime Error in model a (m/a.sql)\n  Binder Error: no column b", None),
        ("Got 3 results, configured to fail if != 0", None),
        ("Database Error in model a (m/a.sql)\n  Bad int64 value: " + CANARY, "Database Error"),
        (f"Runtime Error in model a\n  Constraint Error: key {CANARY}", "Constraint Error"),
    ],
)
def test_the_log_says_no_value(message: str, said: str | None) -> None:
    assert told(message).startswith(said or message)
    assert CANARY not in told(message)


def test_a_name_may_change_between_table_and_view_and_seeds_wait_to_be_asked_for(
    build: Build, config: Config, tmp_path: Path
) -> None:
    build(seed="code,weight\n1,2\n", made="select 1 as a")
    (tmp_path / "project/seeds/codes.csv").write_text("code,weight\n1,3\n", encoding="utf-8")
    build(made="{{ config(materialized='table') }} select 2 as a")
    assert rows(config, "work.made") == [(2,)]
    assert rows(config, "work.codes") == [(1, 2)]
    build(made="select 3 as a")
    assert rows(config, "work.made") == [(3,)]


def test_a_build_for_which_the_first_memory_is_too_little_takes_more(
    build: Build, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt, "FIRST_MEMORY", 60_000_000)

    build(wide=_table(WIDE), greedy=_table(GREEDY))

    assert rows(config, "work.greedy") == [(500_000,)]


def test_a_limit_of_the_config_is_kept(build: Build, config: Config) -> None:
    with pytest.raises(BuildError, match="the model greedy"):
        build(wide=_table(WIDE), greedy=_table(GREEDY), memory_limit="60MB")

    assert "Out of Memory Error" in log(config)


def test_a_damaged_file_is_told_apart(build: Build, config: Config) -> None:
    with open_duckdb(config.warehouse_path) as warehouse:
        warehouse.execute(f"create table landing.wide as {WIDE}")
    damage = bytearray(config.warehouse_path.read_bytes())
    for position in range(2**20, len(damage), 2**16):
        damage[position] ^= 0xFF
    config.warehouse_path.write_bytes(damage)

    with pytest.raises(WarehouseCorruptError, match="damaged inside"):
        build(made="{{ config(materialized='table') }} select text as a from landing.wide")


def test_what_dbt_parsed_is_kept_for_the_next_folder(
    build: Build, config: Config, tmp_path: Path
) -> None:
    build(made="select 1 as a")
    [parsed] = (tmp_path / "cache").rglob("partial_parse.msgpack")
    written = parsed.stat().st_mtime_ns
    config._root = tmp_path / "elsewhere"
    config._root.mkdir()
    with open_duckdb(config.warehouse_path) as warehouse:
        warehouse.apply_ddl()

    build(made="select 1 as a")

    assert parsed.parent.parent.parent == tmp_path / "cache" / "dbt"
    assert parsed.stat().st_mtime_ns == written
    assert rows(config, "work.made") == [(1,)]


def _table(sql: str) -> str:
    return f"{{{{ config(materialized='table') }}}} {sql}"
