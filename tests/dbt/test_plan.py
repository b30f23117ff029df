"""A plan that is bound to a day says what dbt itself compiles for that day."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matchback.build import dbt
from matchback.build.build_plan import bind, stand_ins
from matchback.config import Config, load_config
from matchback.core.clock import Clock
from matchback.core.errors import BuildError, IntegrityError
from matchback.core.settings import parse_as_of
from matchback.core.window import Window
from matchback.opening import open_duckdb
from matchback.quality.schema_contract import schema_variables
from tests.worlds import World

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "DO_NOT_TRACK": "1"}


@pytest.fixture(scope="module")
def config(clean_run: World) -> Config:
    return load_config(clean_run.config, {})


@pytest.fixture(scope="module")
def settings(clean_run: World, config: Config) -> dict[str, Any]:
    days = [parse_as_of(str(clean_run.truth[name])).date() for name in ("start", "end")]
    window, clock = Window(*days), Clock(parse_as_of(clean_run.as_of))
    with open_duckdb(config.warehouse_path) as warehouse:
        schema = schema_variables(config, warehouse, window, "run", full_refresh=False)
    assert schema["holidays"]
    return {**dbt.dbt_settings(config, window, "run", clock, has_gateway=True), **schema}


def asked(config: Config, settings: dict[str, Any], arguments: list[str]) -> dict[str, Any]:
    with dbt.DbtProcess(config, ENVIRONMENT) as process:
        return dict(process._dbt_answer(settings, arguments))


def test_a_bound_plan_is_what_dbt_compiles(config: Config, settings: dict[str, Any]) -> None:
    listing = [*dbt.LISTING, "--select", *dbt.DAILY_SELECTION]
    plan = bind(asked(config, stand_ins(settings), listing)["plan"], settings)
    with dbt.DbtProcess(config, ENVIRONMENT) as process:
        compiled = process.compile(settings)
    with dbt.DbtProcess(config, ENVIRONMENT) as process:
        compiled_anew = process.compile(settings, full_refresh=True)

    stored = [model for model in plan["models"] if model["kind"] != "view"]
    assert {model["name"]: model["sql"] for model in stored} == compiled_anew
    assert {model["name"]: model.get("sql_of_more", model["sql"]) for model in stored} == compiled
    assert len(plan["tests"]) > 10


@pytest.fixture
def elsewhere(clean_run: World, tmp_path: Path) -> Config:
    """Return the config of a folder whose warehouse is empty."""
    config = load_config(Path(shutil.copy(clean_run.config, tmp_path)), {})
    with open_duckdb(config.warehouse_path) as warehouse:
        warehouse.apply_ddl()
    return config


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return a way to put a plan of one model and one test into the place of the cached one."""

    def put(model: str, promise: str) -> None:
        name = {"schema": "work", "name": "plain", "relation": "work.plain", "kind": "table"}
        plan = {
            "settings": {},
            "seeds": [],
            "models": [{"unique_id": "model.matchback.plain", **name, "sql": model}],
            "tests": [{"unique_id": "test.matchback.promise", "sql": promise}],
        }
        monkeypatch.setattr(dbt, "has_plan_like", lambda _: True)
        monkeypatch.setattr(dbt, "read_plan", lambda _: plan)

    return put


@pytest.mark.parametrize(
    ("model", "promise", "error", "named"),
    [
        ("select 1 as a", "select 1", IntegrityError, "promise"),
        ("select missing", "select 1", BuildError, "the model plain"),
    ],
)
def test_what_breaks_is_named_and_told_in_the_log(
    model: str,
    promise: str,
    error: type[Exception],
    named: str,
    planned: Callable[..., None],
    elsewhere: Config,
    settings: dict[str, Any],
) -> None:
    planned(model, promise)

    with (
        dbt.DbtProcess(elsewhere, ENVIRONMENT) as process,
        pytest.raises(error, match=f"{named}.*published tables are unchanged"),
    ):
        process.build(settings)

    log = elsewhere.state_folder / "dbt_logs" / "dbt.log"
    assert named.split()[-1] in log.read_text(encoding="utf-8")


def test_a_config_that_has_a_plan_needs_no_dbt(
    planned: Callable[..., None],
    elsewhere: Config,
    settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned("select 1 as a", "select 1 where false")
    monkeypatch.setattr(dbt, "DBT", "matchback.no_such_process")

    with dbt.DbtProcess(elsewhere, ENVIRONMENT) as process:
        process.build(settings)

    with open_duckdb(elsewhere.warehouse_path) as warehouse:
        assert warehouse.rows("select a from work.plain") == [{"a": 1}]
