"""Flows and tasks behave the same with and without a Prefect API, and Prefect never costs a run."""

import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from matchback.orchestration import (
    Artifacts,
    flow,
    has_prefect_api,
    publish_artifacts,
    run_page,
    task,
)

from matchback import orchestration
from matchback.core.errors import ConfigError


@pytest.fixture(autouse=True)
def no_prefect_api(monkeypatch, tmp_path):
    monkeypatch.setenv("PREFECT_API_URL", "")
    monkeypatch.setattr(orchestration, "_lost_api", False)


def make_flaky(failures: int, error: type[Exception] = OSError):
    attempts = []

    @task(name="flaky", retries=2, retry_delay_seconds=0.01)
    def flaky(value):
        attempts.append(value)
        if len(attempts) <= failures:
            raise error("once more")
        return value

    return flaky, attempts


def test_a_task_is_retried_until_it_succeeds():
    flaky, attempts = make_flaky(failures=2)
    assert flaky("row") == "row"
    assert len(attempts) == 3


def test_a_task_gives_up_after_its_retries():
    flaky, attempts = make_flaky(failures=3)
    with pytest.raises(OSError, match="once more"):
        flaky("row")
    assert len(attempts) == 3


def test_an_error_that_the_user_must_solve_is_not_retried():
    flaky, attempts = make_flaky(failures=1, error=ConfigError)
    with pytest.raises(ConfigError):
        flaky("row")
    assert len(attempts) == 1


def test_without_an_api_prefect_is_never_imported():
    program = (
        "import sys\n"
        "from matchback.orchestration import flow, publish_artifacts, run_page, Artifacts\n"
        "assert flow(name='f')(lambda: 1)() == 1\n"
        "assert publish_artifacts(Artifacts(markdown={'a': 'b'})) == 0\n"
        "assert run_page() is None\n"
        "sys.exit('prefect' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_an_api_is_found_in_the_environment_or_the_active_profile(tmp_path):
    profiles = tmp_path / "profiles.toml"
    profiles.write_text(
        'active = "here"\n[profiles.here]\nPREFECT_API_URL = "http://127.0.0.1:4200/api"\n'
        "[profiles.elsewhere]\n",
        encoding="utf-8",
    )
    home = {"PREFECT_HOME": str(tmp_path)}
    assert has_prefect_api({"PREFECT_API_URL": "http://127.0.0.1:4200/api"})
    assert has_prefect_api(home)
    assert not has_prefect_api({**home, "PREFECT_PROFILE": "elsewhere"})
    assert not has_prefect_api({**home, "PREFECT_API_URL": ""})
    assert not has_prefect_api({"PREFECT_HOME": str(tmp_path / "missing")})
    profiles.write_text("not = [toml", encoding="utf-8")
    assert not has_prefect_api(home)


def test_an_unreachable_api_does_not_stop_the_run(monkeypatch):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    warnings = []
    monkeypatch.setattr(orchestration.logger, "warning", lambda text, *_: warnings.append(text))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    calls = []

    @flow(name="first")
    def first(value):
        calls.append(value)
        return value

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert first("row") == "row"
        started = time.monotonic()
        assert first("row") == "row"
    assert calls == ["row", "row"]
    assert len(warnings) == 1
    assert "goes on without it" in warnings[0]
    assert time.monotonic() - started < 1, "a lost API is asked only once"


@pytest.mark.slow
def test_under_a_prefect_api_runs_are_recorded_and_no_argument_is_stored(monkeypatch):
    from prefect.client.orchestration import get_client
    from prefect.testing.utilities import prefect_test_harness

    pages = []
    secret = "https://hooks.example.com/services/canary-4711"

    @task(name="load", retries=1)
    def load(connection, url):
        if not connection:
            connection.append("opened")
            raise OSError(url)
        return connection

    @flow(name="day")
    def day(connection, url, start: date, config: Path):
        assert publish_artifacts(Artifacts(tables={"verdicts": [{"status": "matched"}]})) == 1
        pages.append(run_page())
        return load(connection, url)

    @flow(name="broken")
    def broken(url):
        raise ValueError(url)

    @flow(name="misconfigured")
    def misconfigured():
        raise ConfigError("Name a source.")

    with prefect_test_harness(server_startup_timeout=120):
        from prefect.settings import PREFECT_API_URL

        monkeypatch.setenv("PREFECT_API_URL", PREFECT_API_URL.value())
        assert day([], secret, date(2026, 11, 1), Path("matchback.yml")) == ["opened"]
        with pytest.raises(ValueError, match="canary"):
            broken(secret)
        with pytest.raises(ConfigError):
            misconfigured()
        with orchestration.one_run_at_a_time("warehouse"), get_client(sync_client=True) as client:
            limit = client.read_global_concurrency_limit_by_name("matchback-warehouse")
            runs = client.read_flow_runs()
            tasks = client.read_task_runs()
        assert (limit.limit, limit.active_slots) == (1, 1)

    stored = " ".join(run.model_dump_json() for run in [*runs, *tasks])
    assert "canary" not in stored
    states = {(run.state_name, run.state.message) for run in runs}
    assert states == {
        ("Completed", "done"),
        ("Failed", "ValueError; see the log of the run"),
        ("Failed", "Name a source."),
    }
    [day_run] = [run for run in runs if run.parameters["shown"]]
    assert pages[0].endswith(f"/flow-runs/flow-run/{day_run.id}")
    shown = [run.parameters["shown"] for run in runs if run.parameters["shown"]]
    assert shown == [{"start": "2026-11-01", "config": "matchback.yml"}]
