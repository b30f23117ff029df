"""Whatever Slack and the runs do, in any order: no episode is lost, none ends before it began."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from matchback.alerting import AlertSettings, drain_outbox, plan_alerts
from matchback.alerting.slack import Receipt
from matchback.core.clock import Clock
from matchback.opening import open_duckdb

CHECKS = ("plain_pii", "hit_ratio", "dedup_rate")
STATUSES = st.sampled_from(["pass", "warn", "fail", "insufficient_data", "unknown"])
MOODS = st.sampled_from(["up", "down", "refuses pii", "crash after taking", "crash before"])
SETTINGS = AlertSettings(webhook_url="http://example.com")
LINE = re.compile(r": (opened|worse|still failing|resolved).*incident (\w+)", re.DOTALL)


class CrashError(Exception):
    """The process dies here."""


class MoodySlack:
    """Takes, refuses or crashes; remembers (incident, state) of every line it took."""

    def __init__(self) -> None:
        self.mood = "up"
        self.taken: list[tuple[str, str]] = []
        self.repeats_allowed: Counter[tuple[str, str]] = Counter()

    def send(self, message, channel, thread="") -> Receipt:
        lines = [
            LINE.search(block["text"]["text"]).group(2, 1)
            for block in message.blocks
            if block["type"] == "section"
        ]
        if self.mood == "crash before":
            raise CrashError
        if self.mood == "down":
            return Receipt(False, "connection refused")
        if self.mood == "refuses pii" and "plain_pii" in message.text:
            return Receipt(False, "HTTP 400: invalid_payload", is_about_the_message=True)
        self.taken += lines
        if self.mood == "crash after taking":
            self.repeats_allowed.update(lines)
            raise CrashError
        return Receipt(True)


class Deliveries(RuleBasedStateMachine):
    """Runs, drains and Slack's moods in any order, on a real outbox."""

    @initialize()
    def a_new_warehouse(self):
        self.warehouse = open_duckdb(Path(":memory:"))
        self.warehouse.apply_ddl()
        self.slack = MoodySlack()
        self.runs = 0

    @rule(statuses=st.tuples(*[STATUSES] * len(CHECKS)), mood=MOODS)
    def a_run_ends(self, statuses, mood):
        self.runs += 1
        run_id = f"run{self.runs:04}"
        for check_id, status in zip(CHECKS, statuses, strict=True):
            self.warehouse.execute(
                "insert into marts.fct_check_results (run_id, check_id, dimension, status, "
                "window_end) values (?, ?, 'all', ?, ?)",
                [run_id, check_id, status, date(2026, 11, 1)],
            )
        with self.warehouse.transaction():
            plan_alerts(self.warehouse, run_id, SETTINGS, self.clock())
        self.slack_is_asked(mood)

    @rule(mood=MOODS)
    def slack_is_asked(self, mood):
        self.slack.mood = mood
        try:
            drain_outbox(self.warehouse, SETTINGS, self.clock(), self.slack)
        except CrashError:
            return

    def clock(self) -> Clock:
        return Clock(datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=self.runs))

    @invariant()
    def nothing_is_said_about_an_episode_before_its_opening(self):
        opened = set()
        for incident_id, state in self.slack.taken:
            if state == "opened":
                opened.add(incident_id)
            assert incident_id in opened

    @invariant()
    def a_line_is_repeated_only_after_a_crash_that_lost_its_mark(self):
        for line, count in Counter(self.slack.taken).items():
            assert count <= 1 + self.slack.repeats_allowed[line]

    def teardown(self):
        if not hasattr(self, "warehouse"):
            return
        self.slack_is_asked("up")
        told = set(self.slack.taken)
        for row in self.warehouse.rows("select incident_id, state from ops.alert_incidents"):
            assert (row["incident_id"], "opened") in told
            assert ((row["incident_id"], "resolved") in told) == (row["state"] == "resolved")
        self.warehouse.close()


Deliveries.TestCase.settings = hypothesis_settings(
    max_examples=25, stateful_step_count=15, deadline=None
)
TestDeliveries = Deliveries.TestCase
