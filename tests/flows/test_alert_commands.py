"""matchback alerts and matchback watch, as cron and people call them."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from matchback.alerting import alert_settings, plan_alerts
from matchback.cli import app
from matchback.config import load_config
from matchback.core.clock import Clock
from matchback.opening import open_duckdb
from matchback.warehouse.lease import run_lease
from tests.fixtures.slack_double import SECRET, reply, slack

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
AS_OF = ["--as-of", NOW.isoformat()]
CONFIG = """
sources: {{ga4: {{path: "data/*.json"}}}}
alerts: {{slack_webhook_url: "{url}", remind_after_hours: 24, channel_owners: {{hash_pii: dpo}}}}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFECT_API_URL", "")
    write_config(tmp_path, "http://127.0.0.1:9/unused")
    return tmp_path


def write_config(folder, url):
    (folder / "matchback.yml").write_text(CONFIG.format(url=url), encoding="utf-8")


def matchback(*arguments):
    """Run a command; returns exit code, the JSON object if any, and everything said."""
    result = CliRunner().invoke(app, [*arguments])
    first_line = result.stdout.splitlines()[0] if result.stdout else ""
    document = json.loads(first_line) if first_line.startswith("{") else {}
    return result.exit_code, document, result.output


def open_incidents(folder, *check_ids):
    """Plan a run in which these checks fail."""
    config = load_config(folder / "matchback.yml", {})
    with open_duckdb(folder / "warehouse.duckdb") as warehouse:
        warehouse.apply_ddl()
        for check_id in check_ids:
            warehouse.execute(
                "insert into marts.fct_check_results (run_id, check_id, surface, dimension, "
                "status, numerator, window_end) "
                "values ('run1', ?, 'hash_pii', 'all', 'fail', 3, date '2026-11-21')",
                [check_id],
            )
        with warehouse.transaction():
            plan_alerts(warehouse, "run1", alert_settings(config), Clock(NOW))


def record_run(folder, ended_at, status="healthy"):
    with open_duckdb(folder / "warehouse.duckdb") as warehouse:
        warehouse.apply_ddl()
        warehouse.execute(
            "insert into ops.runs (run_id, ended_at, status) values ('run1', ?, ?)",
            [ended_at.replace(tzinfo=None), status],
        )


def test_list_shows_open_incidents_with_owner_worst_first(project):
    open_incidents(project, "hash_format", "plain_pii")
    code, document, _ = matchback("alerts", "list", "--json", *AS_OF)
    assert code == 0
    shown = [(row["check_id"], row["severity"], row["owner"]) for row in document["incidents"]]
    assert shown == [("plain_pii", "critical", "dpo"), ("hash_format", "fail", "dpo")]
    assert all(row["is_waiting_for_delivery"] for row in document["incidents"])
    code, _, said = matchback("alerts", "list", *AS_OF)
    assert code == 0
    assert "plain_pii" in said
    assert "not delivered yet" in said


def test_ack_and_snooze_say_who_why_and_until_when(project):
    open_incidents(project, "plain_pii", "hash_format")
    assert matchback("alerts", "ack", "plain_pii", "--by", "ada", *AS_OF)[0] == 0
    assert matchback(
        "alerts", "snooze", "hash_format", "--hours", "48", "--reason", "fix on its way",
        "--by", "grace", *AS_OF,
    )[0] == 0  # fmt: skip
    rows = {
        row["check_id"]: row
        for row in matchback("alerts", "list", "--json", *AS_OF)[1]["incidents"]
    }
    assert (rows["plain_pii"]["state"], rows["plain_pii"]["acknowledged_by"]) == (
        "acknowledged", "ada"
    )  # fmt: skip
    snoozed = rows["hash_format"]
    assert (snoozed["state"], snoozed["snoozed_by"], snoozed["snooze_reason"]) == (
        "snoozed", "grace", "fix on its way"
    )  # fmt: skip
    assert snoozed["snoozed_until"].startswith("2026-11-24T09:00")
    later = ["--as-of", (NOW + timedelta(hours=49)).isoformat()]
    states = {
        row["check_id"]: row["state"]
        for row in matchback("alerts", "list", "--json", *later)[1]["incidents"]
    }
    assert states["hash_format"] == "open"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("ack", "nothing"), "matchback alerts list"),
        (("snooze", "plain_pii", "--reason", "x"), "--hours or --until"),
        (("snooze", "plain_pii", "--reason", "x", "--until", "soon"), "no time"),
        (("snooze", "plain_pii", "--reason", " ", "--hours", "1"), "needs a reason"),
        (("snooze", "plain_pii", "--reason", "x", "--until", "2020-01-01"), "in the future"),
        (("snooze", "plain_pii", "--reason", "x", "--hours", "1e30"), "no time"),
    ],
)
def test_what_cannot_be_acknowledged_or_snoozed_is_refused_with_a_hint(project, arguments, hint):
    open_incidents(project, "plain_pii")
    code, _, said = matchback("alerts", *arguments, *AS_OF)
    assert code == 2
    assert hint in said


def test_drain_exits_4_until_slack_takes_the_alerts_and_never_says_the_url(project):
    with slack(reply(404, "no_service"), reply()) as double:
        write_config(project, double.url)
        open_incidents(project, "plain_pii")
        code, document, said = matchback("alerts", "drain", "--json", *AS_OF)
        assert (code, document["undelivered"]) == (4, 1)
        assert document["reason"] == "HTTP 404: no_service"
        assert SECRET not in said
        code, document, _ = matchback("alerts", "drain", "--json", *AS_OF)
        assert (code, document["delivered"]) == (0, 1)
    assert double.texts == ["1 opened: plain_pii"]


def test_without_a_warehouse_there_is_nothing_to_drain_and_none_is_made(project):
    assert matchback("alerts", "drain", *AS_OF)[0] == 0
    assert matchback("alerts", "list", *AS_OF)[0] == 3
    assert not (project / "warehouse.duckdb").exists()


def test_watch_is_quiet_while_runs_complete_in_time(project):
    for status in ("healthy", "failing"):
        record_run(project, NOW - timedelta(hours=2), status)
        with slack() as double:
            write_config(project, double.url)
            assert matchback("watch", *AS_OF)[0] == 0
        assert double.requests == []


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        (timedelta(hours=-27), "healthy"),
        (timedelta(hours=-1), "incomplete"),
        (timedelta(hours=-1), "running"),
        (timedelta(days=1), "healthy"),
    ],
    ids=["too old", "incomplete", "still running", "from the future"],
)
def test_watch_alerts_when_no_run_has_completed_in_time(project, ended, status):
    record_run(project, NOW + ended, status)
    with slack() as double:
        write_config(project, double.url)
        code, document, _ = matchback("watch", "--json", *AS_OF)
    assert (code, document["status"]) == (1, "stale")
    assert double.texts == ["1 opened: no_recent_run"]


def test_watch_alerts_once_reminds_when_due_and_says_when_it_is_over(project):
    with slack() as double:
        write_config(project, double.url)
        codes = [
            matchback("watch", "--as-of", (NOW + timedelta(hours=hours)).isoformat())[0]
            for hours in (0, 1, 23, 25)
        ]
        record_run(project, NOW + timedelta(hours=26))
        later = ["--as-of", (NOW + timedelta(hours=27)).isoformat()]
        codes += [matchback("watch", *later)[0], matchback("watch", *later)[0]]
    assert codes == [1, 1, 1, 1, 0, 0]
    assert double.texts == [
        "1 opened: no_recent_run", "1 still failing: no_recent_run", "1 resolved: no_recent_run"
    ]  # fmt: skip


def test_watch_alerts_about_a_corrupt_warehouse_and_leaves_it_as_it_is(project):
    damaged = b"this is no database" * 1_000
    (project / "warehouse.duckdb").write_bytes(damaged)
    with slack() as double:
        write_config(project, double.url)
        assert matchback("watch", *AS_OF)[0] == 1
    assert double.texts == ["1 opened: no_recent_run"]
    assert (project / "warehouse.duckdb").read_bytes() == damaged


def hold_warehouse(path):
    """Hold the lock in another process, as a run does."""
    program = (
        "import duckdb, sys\n"
        f"connection = duckdb.connect({str(path)!r})\n"
        "print('held', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    holder.stdout.readline()
    return holder


def test_watch_alerts_about_a_locked_warehouse_unless_the_last_success_is_known_to_be_recent(
    project,
):
    record_run(project, NOW - timedelta(hours=2))
    with slack() as double:
        write_config(project, double.url)
        holder = hold_warehouse(project / "warehouse.duckdb")
        try:
            assert matchback("watch", *AS_OF)[0] == 1
        finally:
            holder.communicate()
        assert matchback("watch", *AS_OF)[0] == 0
        holder = hold_warehouse(project / "warehouse.duckdb")
        try:
            assert matchback("watch", *AS_OF)[0] == 0
            too_late = (NOW + timedelta(hours=30)).isoformat()
            assert matchback("watch", "--as-of", too_late)[0] == 1
        finally:
            holder.communicate()
    assert double.texts == [
        "1 opened: no_recent_run", "1 resolved: no_recent_run", "1 opened: no_recent_run"
    ]  # fmt: skip


def test_while_a_run_is_in_progress_nothing_else_changes_the_warehouse(project):
    open_incidents(project, "plain_pii")
    record_run(project, NOW - timedelta(hours=2))
    with slack() as double:
        write_config(project, double.url)
        assert matchback("watch", *AS_OF)[0] == 0
        with run_lease(project / ".matchback" / "run.lock", "20261122-run"):
            code, _, said = matchback("alerts", "drain", *AS_OF)
            assert code == 3
            assert "20261122-run" in said
            assert matchback("alerts", "ack", "plain_pii", *AS_OF)[0] == 3
            assert matchback("watch", *AS_OF)[0] == 0
        assert matchback("alerts", "drain", *AS_OF)[0] == 0
    assert double.texts == ["1 opened: plain_pii"]


def test_watch_exits_4_when_its_alert_cannot_be_delivered_and_tries_again_next_time(project):
    assert matchback("watch", *AS_OF)[0] == 4
    with slack() as double:
        write_config(project, double.url)
        assert matchback("watch", *AS_OF)[0] == 1
    assert double.texts == ["1 opened: no_recent_run"]


def test_watch_without_a_webhook_still_exits_1(project):
    write_config(project, "")
    assert matchback("watch", *AS_OF)[0] == 1


def test_a_damaged_memory_of_the_watch_can_only_alert_too_much(project):
    memory = project / ".matchback" / "watch.json"
    memory.parent.mkdir()
    for content in ("", "[]", '{"told_at": 7}', '{"told_at": "never"}'):
        memory.write_text(content, encoding="utf-8")
        with slack() as double:
            write_config(project, double.url)
            assert matchback("watch", *AS_OF)[0] == 1
        assert double.texts == ["1 opened: no_recent_run"]


def test_watch_needs_neither_prefect_nor_the_libraries_of_a_run():
    program = (
        "import sys, matchback.commands.watch\n"
        "heavy = {'prefect', 'great_expectations', 'altair', 'slack_sdk', 'pandas'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
