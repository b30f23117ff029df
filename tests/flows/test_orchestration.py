"""Prefect follows a run where its API answers; elsewhere nothing of it is started."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from matchback import prefect_api
from matchback.cli import COMMANDS, app
from matchback.core.errors import ConfigError
from matchback.prefect_api import followed, has_prefect_api, is_followed
from matchback.runs.result import StoppedError, told_in_our_words
from tests.worlds import World, build_world

AS_OF = datetime(2026, 11, 22, 12, tzinfo=UTC)
CANARY = "canary-4711"


@pytest.fixture(autouse=True)
def no_prefect_api(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PREFECT_API_URL", "")
    is_followed.cache_clear()
    yield
    is_followed.cache_clear()


def test_without_an_api_a_flow_is_its_plain_function_and_no_server_is_started(monkeypatch):
    from matchback.flows.reconcile import reconcile, scan

    monkeypatch.setenv("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "true")
    assert followed(reconcile) is reconcile.fn
    assert followed(scan) is scan.fn
    assert not is_followed()


def test_a_command_that_runs_no_flow_does_not_import_prefect(tmp_path):
    (tmp_path / "matchback.yml").write_text("sources: {ga4: {path: 'd/*.json'}}", encoding="utf-8")
    commands = [
        ["--help"],
        *([name, "--help"] for name in COMMANDS),
        ["doctor"],
        ["alerts", "list"],
    ]
    program = (
        "import json, sys\nfrom matchback.cli import main\n"
        "for command in json.loads(sys.argv.pop()):\n"
        "    sys.argv[1:] = command\n"
        "    try:\n        main()\n    except SystemExit:\n        pass\n"
        "    assert 'prefect' not in sys.modules, command\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, json.dumps(commands)],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr


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


def test_an_api_that_does_not_answer_costs_the_run_one_warning(monkeypatch):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from matchback.flows.drain import drain

    warnings = []
    monkeypatch.setattr(prefect_api.logger, "warning", lambda text, *_: warnings.append(text))
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert followed(drain) is drain.fn
        assert followed(drain) is drain.fn
    assert len(warnings) == 1
    assert "goes on without it" in warnings[0]


def test_an_error_that_nobody_foresaw_is_named_by_its_type_only():
    named = pytest.raises(StoppedError, match=r"stopped at 'load' \(ValueError\)")
    with named as stopped, told_in_our_words("load"):
        raise ValueError(CANARY)
    assert CANARY not in str(stopped.value)
    assert stopped.value.__suppress_context__


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(tmp_path_factory.mktemp("followed"), days=2, events_per_day=100)


@pytest.mark.slow
def test_under_a_prefect_api_runs_are_recorded_and_nothing_personal_is_stored(world, monkeypatch):
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    from matchback.flows.erase import erase
    from matchback.flows.replay import load_file

    attempts = []

    def fail_once():
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError(CANARY)
        return "loaded"

    def refuse():
        attempts.append(1)
        raise ConfigError("Name a source.")

    with prefect_test_harness(server_startup_timeout=120):
        monkeypatch.setenv("PREFECT_API_URL", PREFECT_API_URL.value())
        monkeypatch.chdir(world.path)
        dates = ["--start", world.truth["start"], "--end", world.truth["end"]]
        command = ["run", *dates, "--as-of", world.as_of, "--json"]
        finished = CliRunner().invoke(app, command)
        assert followed(load_file)(fail_once) == "loaded"
        assert len(attempts) == 2
        with pytest.raises(ConfigError):
            followed(load_file)(refuse)
        assert len(attempts) == 3
        erased = followed(erase)(SecretStr(CANARY), Path("matchback.yml"), AS_OF)
        assert not erased.has_found
        with get_client(sync_client=True) as client:
            runs = client.read_flow_runs()
            tasks = client.read_task_runs()
            artifacts = client.read_artifacts()

    assert finished.exit_code == 0, finished.output
    assert json.loads(finished.stdout)["status"] == "healthy"
    stored = " ".join(kept.model_dump_json() for kept in [*runs, *tasks, *artifacts])
    assert CANARY not in stored
    by_state = {run.state_name: run for run in runs}
    assert by_state["Completed"].parameters == {
        "config_path": "matchback.yml",
        "start": world.truth["start"],
        "end": world.truth["end"],
        "as_of": world.as_of.replace("Z", "+00:00"),
        "full_refresh": False,
    }
    assert by_state["Failed"].parameters["person"] == "**********"
    assert "Nothing in the warehouse points at this person" in by_state["Failed"].state.message
    names = {run.name.rsplit("-", 1)[0] for run in tasks if run.flow_run_id}
    assert names >= {
        "load-file", "scan for personal data", "dbt build", "great expectations", "publish",
        "deliver alerts", "write report",
    }  # fmt: skip
    shown = {artifact.key for artifact in artifacts if artifact.key}
    assert shown == {"matchback-run", "matchback-checks"}
    page = f"/flow-run/{by_state['Completed'].id}"
    assert page in (world.path / "reports" / "index.html").read_text(encoding="utf-8")
