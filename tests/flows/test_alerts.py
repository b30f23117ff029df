"""From check results to Slack and back: nothing is lost, and doubled only where it must be."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from matchback.alerting import (
    AlertSettings,
    DeliverySummary,
    drain_outbox,
    plan_alerts,
    plan_incomplete,
)
from matchback.alerting.message import Message
from matchback.alerting.slack import Receipt, TimeBudget, WebhookSender, make_sender
from matchback.alerting.states import Policy
from matchback.core.clock import Clock
from matchback.opening import open_duckdb
from tests.fixtures.slack_double import SECRET, reply, slack

START = datetime(2026, 11, 1, 7, tzinfo=UTC)
YESTERDAY = date(2026, 10, 31)  # what a daily run covers


class FakeSlack:
    """A sender that is up or down, and remembers what it took."""

    def __init__(self) -> None:
        self.is_up = True
        self.taken: list[Message] = []
        self.threads: list[str] = []

    def send(self, message: Message, channel: str, thread: str = "") -> Receipt:
        if not self.is_up:
            return Receipt(False, "connection refused")
        self.taken.append(message)
        self.threads.append(thread)
        return Receipt(True, thread=thread or f"t{len(self.taken)}")

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.taken]


class Project:
    """A warehouse and its runs: store results, plan, drain."""

    def __init__(self, path: Path, settings: AlertSettings) -> None:
        self.warehouse = open_duckdb(path)
        self.warehouse.apply_ddl()
        self.settings = settings
        self.slack = FakeSlack()
        self.runs = 0

    def clock(self) -> Clock:
        return Clock(START + timedelta(hours=self.runs))

    def store(self, **statuses: str) -> str:
        """Store one run's results: check=status."""
        self.runs += 1
        run_id = f"run{self.runs:03}"
        for check_id, status in statuses.items():
            self.add_result(run_id, check_id, status)
        return run_id

    def add_result(self, run_id, check_id, status, dimension="all", event_date=None, **fields):
        values = {
            "run_id": run_id, "check_id": check_id, "surface": "capi", "dimension": dimension,
            "status": status, "event_date": event_date, "window_end": YESTERDAY,
            "numerator": 3, **fields,
        }  # fmt: skip
        names, places = ", ".join(values), ", ".join("?" for _ in values)
        self.warehouse.execute(
            f"insert into marts.fct_check_results ({names}) values ({places})",
            list(values.values()),
        )

    def plan(self, run_id: str):
        with self.warehouse.transaction():
            return plan_alerts(self.warehouse, run_id, self.settings, self.clock())

    def drain(self) -> DeliverySummary:
        return drain_outbox(self.warehouse, self.settings, self.clock(), self.slack)

    def run(self, **statuses: str) -> DeliverySummary:
        self.plan(self.store(**statuses))
        return self.drain()


@pytest.fixture
def project(tmp_path):
    made = Project(tmp_path / "warehouse.duckdb", AlertSettings(webhook_url="http://example.com"))
    yield made
    made.warehouse.close()


def test_48_runs_over_one_lasting_fault_send_one_opened_and_one_resolved_message(project):
    for _ in range(48):
        project.run(plain_pii="fail", hit_ratio="pass")
    project.run(plain_pii="pass", hit_ratio="pass")
    project.run(plain_pii="pass", hit_ratio="pass")
    assert project.slack.texts == ["1 opened: plain_pii", "1 resolved: plain_pii"]
    assert "after 2 d 0 h" in project.slack.taken[1].blocks[1]["text"]["text"]


def test_one_run_sends_one_message_whatever_happened_in_it(project):
    project.run(plain_pii="fail", dedup_rate="fail")
    project.run(plain_pii="pass", dedup_rate="fail", taxonomy="fail", hit_ratio="fail")
    assert project.slack.texts == [
        "2 opened: plain_pii, dedup_rate",
        "2 opened, 1 resolved: hit_ratio, taxonomy, plain_pii",
    ]


def test_a_run_without_news_sends_nothing(project):
    assert project.run(plain_pii="pass") == DeliverySummary()
    assert project.run(plain_pii="unknown", taxonomy="warn") == DeliverySummary()
    assert project.slack.taken == []


def test_what_slack_did_not_take_is_sent_in_order_when_it_is_back(project):
    project.slack.is_up = False
    assert not project.run(plain_pii="fail").is_complete
    assert project.run(plain_pii="fail", taxonomy="fail").undelivered == 2
    down = project.run(plain_pii="pass", taxonomy="fail")
    assert (down.undelivered, down.reason) == (3, "connection refused")
    project.slack.is_up = True
    assert project.drain() == DeliverySummary(messages=3, delivered=3)
    assert project.slack.texts == [
        "1 opened: plain_pii", "1 opened: taxonomy", "1 resolved: plain_pii"
    ]  # fmt: skip
    assert project.drain() == DeliverySummary()


def test_a_reminder_waits_until_the_opening_was_delivered(project):
    project.settings = AlertSettings(
        webhook_url="http://example.com", policy=Policy(remind_after=timedelta(minutes=1))
    )
    project.slack.is_up = False
    for _ in range(5):
        project.run(plain_pii="fail")
    project.slack.is_up = True
    project.run(plain_pii="fail")
    project.run(plain_pii="fail")
    assert project.slack.texts == ["1 opened: plain_pii", "1 still failing: plain_pii"]


def test_a_message_that_slack_refuses_for_itself_does_not_hold_up_the_others(project):
    class Picky(FakeSlack):
        def send(self, message, channel, thread=""):
            if "plain_pii" in message.text:
                return Receipt(False, "HTTP 400: invalid_payload", is_about_the_message=True)
            return super().send(message, channel, thread)

    project.slack = Picky()
    project.run(plain_pii="fail", dedup_rate="fail")
    project.run(plain_pii="fail", dedup_rate="pass")
    assert project.slack.texts == [], "an end was told whose beginning was refused"
    assert not project.run(plain_pii="fail", taxonomy="fail").is_complete
    project.run(plain_pii="pass", taxonomy="pass")
    assert project.slack.texts == ["1 opened: taxonomy", "1 resolved: taxonomy"]
    project.slack = FakeSlack()
    project.drain()
    assert project.slack.texts == [
        "2 opened: plain_pii, dedup_rate", "1 resolved: dedup_rate", "1 resolved: plain_pii"
    ]  # fmt: skip


def test_without_a_webhook_there_is_nothing_to_deliver_and_no_error(project):
    project.settings = AlertSettings()
    summary = project.plan(project.store(plain_pii="fail"))
    assert (summary.opened, summary.queued) == (1, 0)
    assert drain_outbox(project.warehouse, project.settings, project.clock()) == DeliverySummary()


def test_an_incident_from_before_there_was_a_webhook_is_told_once_there_is_one(project):
    with_webhook, project.settings = project.settings, AlertSettings()
    project.plan(project.store(plain_pii="fail", taxonomy="fail"))
    project.plan(project.store(plain_pii="fail", taxonomy="pass"))
    project.settings = with_webhook
    project.run(plain_pii="fail", taxonomy="pass")
    project.run(plain_pii="pass", taxonomy="pass")
    assert project.slack.texts == ["1 opened: plain_pii", "1 resolved: plain_pii"]


def test_a_run_that_could_not_complete_is_an_incident_until_one_completes(project):
    for _ in range(2):
        project.runs += 1
        with project.warehouse.transaction():
            run_id = f"run{project.runs:03}"
            plan_incomplete(project.warehouse, run_id, "build", project.settings, project.clock())
        project.drain()
    project.run(hit_ratio="pass")
    assert project.slack.texts == ["1 opened: run_incomplete", "1 resolved: run_incomplete"]
    said = project.slack.taken[0].blocks[1]["text"]["text"]
    assert "stopped at step 'build'; published tables are unchanged" in said


def test_an_incident_whose_dimension_vanished_is_told_as_no_longer_measured(project):
    lead = "canonical_event=lead,dataset_id=1"
    project.add_result(project.store(), "hit_ratio", "fail", lead)
    project.plan("run001")
    project.drain()
    for _ in range(8):
        project.run(hit_ratio="pass")
    assert project.slack.texts == ["1 opened: hit_ratio", "1 resolved: hit_ratio"]
    said = project.slack.taken[1].blocks[1]["text"]["text"]
    assert "no longer measured" in said
    assert "after 7 h 0 min" in said


def test_incidents_and_outbox_roll_back_with_the_results(project):
    class CrashError(Exception):
        pass

    run_id = project.store(plain_pii="fail")

    def plan_and_crash() -> None:
        with project.warehouse.transaction():
            plan_alerts(project.warehouse, run_id, project.settings, project.clock())
            raise CrashError

    with pytest.raises(CrashError):
        plan_and_crash()
    for table in ("ops.alert_incidents", "ops.alert_outbox"):
        assert project.warehouse.rows(f"select * from {table}") == []
    project.plan(run_id)
    project.drain()
    assert project.slack.texts == ["1 opened: plain_pii"]


def test_a_crash_between_slacks_answer_and_the_mark_repeats_that_one_message(project):
    class CrashError(Exception):
        pass

    class CrashAfterSend(FakeSlack):
        def send(self, message, channel, thread=""):
            super().send(message, channel, thread)
            raise CrashError

    for check_id in ("plain_pii", "taxonomy", "hit_ratio"):
        project.plan(project.store(**{check_id: "fail"}))
    crashing = CrashAfterSend()
    with pytest.raises(CrashError):
        drain_outbox(project.warehouse, project.settings, project.clock(), crashing)
    project.drain()
    assert crashing.texts + project.slack.texts == [
        "1 opened: plain_pii", "1 opened: plain_pii", "1 opened: taxonomy", "1 opened: hit_ratio"
    ]  # fmt: skip
    [incident] = project.warehouse.rows(
        "select incident_id from ops.alert_incidents where check_id = 'plain_pii'"
    )
    assert incident["incident_id"] in json.dumps([m.blocks for m in crashing.taken])


def test_dates_of_one_dimension_are_one_incident_and_its_worst_day_is_shown(project):
    run_id = project.store()
    for day, status, value in ((1, "pass", 0.9), (2, "fail", 0.3), (3, "insufficient_data", None)):
        project.add_result(
            run_id, "hit_ratio", status, "canonical_event=purchase,dataset_id=9",
            date(2026, 11, day), value=value, numerator=30, denominator=100,
        )  # fmt: skip
    assert project.plan(run_id).opened == 1
    project.drain()
    line = project.slack.taken[0].blocks[1]["text"]["text"]
    assert "(canonical_event=purchase,dataset_id=9)" in line
    assert "0.3 (30 of 100) on 2026-11-02" in line
    stored = project.warehouse.rows("select dataset_id from ops.alert_incidents")
    assert stored == [{"dataset_id": "9"}]


def test_evidence_is_worded_for_what_the_check_counts(project):
    run_id = project.store()
    add = project.add_result
    add(run_id, "source_freshness", "fail", value=0, numerator=49, threshold_kind="status")
    add(run_id, "source_freshness", "fail", "source=capi", numerator=49, threshold_kind="status")
    add(run_id, "hash_format", "fail", value=3, denominator=90, threshold_kind="zero")
    project.plan(run_id)
    project.drain()
    blocks = project.slack.taken[0].blocks
    lines = [block["text"]["text"] for block in blocks if block["type"] == "section"]
    assert "\n3 found" in lines[0]
    assert "newest data 49 h old" in lines[1]
    assert "in source=capi" in lines[1]


def test_the_message_names_owner_money_report_and_warnings_but_no_entity(project):
    project.settings = AlertSettings(
        webhook_url="http://example.com",
        owners={"capi": "data-team"},
        report="https://reports.example.com/{run_id}.html",
    )
    run_id = project.store(crm_coverage_server="fail", taxonomy="warn")
    for amount, currency in ((1000, "EUR"), (234.5, "EUR"), (99, "USD")):
        project.warehouse.execute(
            "insert into marts.fct_findings (run_id, check_id, entity_id, evidence, dimension, "
            "value_at_risk, currency) values (?, 'crm_coverage_server', 'ORDER-4711', "
            "'canary evidence', '', ?, ?)",
            [run_id, amount, currency],
        )
    project.plan(run_id)
    project.drain()
    said = json.dumps(project.slack.taken[0].payload())
    assert "1,234.50 EUR + 99.00 USD at risk" in said
    assert "owner data-team" in said
    assert "https://reports.example.com/run001.html" in said
    assert "Only warning: taxonomy" in said
    stored = json.dumps(project.warehouse.rows("select payload from ops.alert_outbox"))
    assert "ORDER-4711" not in said + stored
    assert "canary" not in said + stored


def test_with_a_bot_what_follows_an_incident_goes_into_its_thread(project):
    project.settings = AlertSettings(bot_token="xoxb-canary", bot_channel="#alerts")
    project.run(plain_pii="fail", taxonomy="fail")
    project.run(plain_pii="fail", taxonomy="pass")
    project.run(plain_pii="pass", taxonomy="pass")
    assert project.slack.texts == [
        "1 opened: plain_pii", "1 opened: taxonomy", "1 resolved: taxonomy", "1 resolved: plain_pii"
    ]  # fmt: skip
    assert project.slack.threads == ["", "", "t2", "t1"]


def test_every_fault_of_slack_ends_in_one_message_and_no_trace_of_the_url(project, tmp_path):
    faults = [reply(500), reply(429, Retry_After="3600"), reply(200, "ok:false"), reply(400, "x")]
    budget = {"attempt_seconds": 1, "retries": 0}
    with slack(*faults, reply()) as double:
        project.settings = AlertSettings(webhook_url=double.url)
        project.plan(project.store(plain_pii="fail"))
        drains = [
            drain_outbox(
                project.warehouse,
                project.settings,
                project.clock(),
                WebhookSender(double.url, TimeBudget(**budget)),
            ).is_complete
            for _ in range(len(faults) + 2)
        ]
    assert drains == [False] * len(faults) + [True, True]
    assert double.texts == ["1 opened: plain_pii"]
    project.warehouse.close()
    assert SECRET.encode() not in (tmp_path / "warehouse.duckdb").read_bytes()


def test_the_outbox_is_not_bound_to_the_webhook_it_was_written_for(project):
    with slack(reply(404, "no_service")) as gone:
        project.settings = AlertSettings(webhook_url=gone.url)
        project.plan(project.store(plain_pii="fail"))
        sender = make_sender(project.settings)
        assert not drain_outbox(
            project.warehouse, project.settings, project.clock(), sender
        ).is_complete
    with slack() as moved:
        settings = AlertSettings(webhook_url=moved.url)
        assert drain_outbox(project.warehouse, settings, project.clock()).is_complete
    assert moved.texts == ["1 opened: plain_pii"]
