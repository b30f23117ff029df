"""The schedules: the same jobs with and without Prefect, one at a time, no secret in sight."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from matchback.cli import app
from matchback.config import load_config
from matchback.core.errors import ConfigError
from matchback.project import Project
from matchback.schedule.jobs import Job, next_time, planned_jobs, refuse_unusable
from matchback.schedule.serve import run_command, serve_plainly

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
property: {timezone: Europe/Berlin}
sources: {ga4: {path: "data/*.json"}}
alerts: {slack_webhook_url: "${HOOK}"}
schedule: {cron: "%s"}
"""


@pytest.fixture
def write_config(tmp_path):
    def write(cron="0 7 * * *"):
        path = tmp_path / "matchback.yml"
        path.write_text(CONFIG % cron, encoding="utf-8")
        return path, load_config(path, {"HOOK": "https://hooks.example.com/canary-4711"})

    return write


class FakeTime:
    """A clock that sleeping moves."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.naps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += timedelta(seconds=seconds)


def test_three_jobs_are_planned_in_the_propertys_zone(write_config):
    _, config = write_config()
    assert [(job.command, job.cron, job.timezone) for job in planned_jobs(config)] == [
        (("run",), "0 7 * * *", "Europe/Berlin"),
        (("retention", "--yes"), "30 3 * * *", "Europe/Berlin"),
        (("alerts", "drain"), "*/15 * * * *", "Europe/Berlin"),
    ]


def test_a_daily_job_keeps_its_local_hour_when_the_clocks_change():
    job = Job("daily", ("run",), "0 7 * * *", "Europe/Berlin")
    before = next_time(job, datetime(2026, 10, 24, 3, tzinfo=UTC))
    after = next_time(job, before)
    assert before == datetime(2026, 10, 24, 5, tzinfo=UTC)
    assert after == datetime(2026, 10, 25, 6, tzinfo=UTC)


def test_without_prefect_jobs_run_one_after_the_other_and_a_missed_one_only_once():
    fake = FakeTime(datetime(2026, 11, 1, 6, 50, tzinfo=UTC))
    ran = []

    def run(command, path):
        ran.append((command[0], fake.now.strftime("%H:%M")))
        fake.now += timedelta(minutes=40 if command[0] == "run" else 1)
        return 3

    jobs = [
        Job("daily", ("run",), "0 7 * * *", "UTC"),
        Job("drain", ("alerts", "drain"), "*/15 * * * *", "UTC"),
    ]
    serve_plainly(
        jobs, Path("m.yml"), read_clock=lambda: fake.now, sleep=fake.sleep, run=run, rounds=4
    )
    assert ran == [("run", "07:00"), ("alerts", "07:40"), ("alerts", "07:45"), ("alerts", "08:00")]
    assert max(fake.naps) <= 30


def test_a_cron_line_that_is_none_is_refused_before_anything_is_served(write_config, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "")
    _, config = write_config(cron="99 7 * * *")
    with pytest.raises(ConfigError, match="99 7"):
        refuse_unusable(planned_jobs(config))


def test_what_is_served_is_one_object_before_the_first_job_and_holds_no_secret(
    write_config, monkeypatch, capfd
):
    monkeypatch.setenv("PREFECT_API_URL", "")
    monkeypatch.setenv("HOOK", "https://hooks.example.com/canary-4711")
    monkeypatch.setattr("matchback.commands.serve.serve_schedules", lambda *_: None)
    path, _ = write_config()
    result = CliRunner().invoke(app, ["serve", "--json", "--config", str(path)])
    served = json.loads(result.stdout)
    assert (result.exit_code, served["status"], served["prefect"]) == (0, "serving", False)
    assert [job["command"] for job in served["jobs"]] == [
        ["run"],
        ["retention", "--yes"],
        ["alerts", "drain"],
    ]
    assert "canary" not in result.output


def test_a_job_is_the_console_command_with_its_exit_code(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PREFECT_API_URL", "")
    assert run_command(("alerts", "drain"), tmp_path / "missing.yml") == 2
    assert "no config file" in capfd.readouterr().err


def test_prefect_gets_the_path_of_the_config_and_no_secret(write_config, monkeypatch):
    from matchback.schedule.deployments import deployments

    monkeypatch.setenv("HOOK", "https://hooks.example.com/canary-4711")
    path, _ = write_config()
    made = deployments(Project.open(path), path)
    assert [deployment.entrypoint for deployment in made] == [
        "matchback.flows.reconcile.reconcile",
        "matchback.flows.retention.retention",
        "matchback.flows.drain.drain",
    ]
    for deployment in made:
        assert deployment.parameters == {"config_path": str(path)}
        assert deployment.concurrency_limit == 1
        assert "canary" not in deployment.model_dump_json()


def test_prefect_yaml_names_flows_that_exist_and_takes_only_the_config_path():
    from prefect.flows import load_flow_from_entrypoint

    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    flows = [load_flow_from_entrypoint(f"{ROOT}/{one['entrypoint']}") for one in declared]
    assert [flow.name for flow in flows] == ["reconcile", "retention", "drain"]
    for deployment in declared:
        assert set(deployment["parameters"]) == {"config_path"}
        assert deployment["concurrency_limit"]["limit"] == 1
