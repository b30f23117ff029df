"""The alert life cycle: every episode is told once when it opens and once when it ends."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from matchback.alerting.states import (
    Advance,
    Incident,
    Key,
    Kind,
    Observation,
    Policy,
    State,
    advance,
)

START = datetime(2026, 11, 1, 7, tzinfo=UTC)
PII = Key("plain_pii")


class Episodes:
    """Holds the open incidents between runs, as the warehouse does."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.open: dict[Key, Incident] = {}
        self.now = START
        self.runs = 0

    def run(
        self, *observations, failed_loads=(), after=timedelta(days=1), until=date(2026, 11, 1)
    ) -> Advance:
        self.now += after
        self.runs += 1
        run_id = f"run{self.runs}"
        change = advance(
            self.open, observations, failed_loads, run_id, self.now, self.policy, until
        )
        for incident in change.changed:
            self.open[incident.key] = incident
        self.open = {
            key: incident
            for key, incident in self.open.items()
            if incident.state is not State.RESOLVED and incident.incident_id not in change.forgotten
        }
        return change

    def told(self, *observations, **options) -> list[str]:
        return [str(notice.kind) for notice in self.run(*observations, **options).notices]


def seen(status: str, key: Key = PII, window_end: date = date(2026, 11, 1)) -> Observation:
    return Observation(key, status, window_end)


def test_48_runs_over_one_lasting_fault_are_told_once_when_it_opens_and_once_when_it_ends():
    episodes = Episodes()
    told = [kind for _ in range(48) for kind in episodes.told(seen("fail"))]
    assert told == ["opened"]
    assert episodes.told(seen("pass")) == ["resolved"]
    assert episodes.told(seen("pass")) == []


def test_a_reminder_comes_when_it_is_due_and_not_after_an_acknowledgement():
    episodes = Episodes(Policy(remind_after=timedelta(hours=24)))
    six_hours = timedelta(hours=6)
    told = [episodes.told(seen("fail"), after=six_hours) for _ in range(5)]
    assert told == [["opened"], [], [], [], ["still_failing"]]
    episodes.open[PII] = _replaced(episodes.open[PII], acknowledged_at=episodes.now)
    assert [episodes.told(seen("fail"), after=six_hours) for _ in range(5)] == [[]] * 5


def test_a_snooze_is_silent_until_its_end_and_then_says_that_it_still_fails():
    episodes = Episodes()
    episodes.run(seen("fail"))
    until = episodes.now + timedelta(days=2)
    episodes.open[PII] = _replaced(episodes.open[PII], snoozed_until=until)
    assert episodes.told(seen("fail")) == []
    assert episodes.told(seen("fail")) == ["still_failing"]
    assert episodes.told(seen("fail")) == []


def test_a_rise_in_severity_is_told_once():
    episodes = Episodes(Policy(is_warn_bad=True))
    key = Key("dedup_rate")
    told = [episodes.told(seen(status, key)) for status in ("warn", "fail", "fail", "warn", "fail")]
    assert told == [["opened"], ["worse"], [], [], []]


def test_no_data_neither_opens_nor_resolves():
    episodes = Episodes()
    for status in ("insufficient_data", "unknown", "warn"):
        assert episodes.told(seen(status)) == []
        assert episodes.open == {}
    episodes.run(seen("fail"))
    for status in ("insufficient_data", "unknown", "warn"):
        assert episodes.told(seen(status)) == []
        assert PII in episodes.open
    assert episodes.told() == []
    assert episodes.told(seen("pass")) == ["resolved"]


def test_hysteresis_asks_for_several_bad_runs_in_a_row_and_several_good_ones():
    episodes = Episodes(Policy(fire_after_runs=2, resolve_after_runs=2))
    statuses = ("fail", "pass", "fail", "fail", "pass", "fail", "pass", "pass")
    told = [episodes.told(seen(status)) for status in statuses]
    assert told == [[], [], [], ["opened"], [], [], [], ["resolved"]]


def test_the_fingerprint_ignores_values_so_a_new_number_is_the_same_episode():
    episodes = Episodes()
    first = episodes.run(Observation(PII, "fail", date(2026, 11, 1), evidence="3 found"))
    second = episodes.run(Observation(PII, "fail", date(2026, 11, 2), evidence="900 found"))
    assert not second.notices
    assert second.changed[0].incident_id == first.changed[0].incident_id
    assert second.changed[0].evidence == "900 found"


def test_an_older_day_that_is_fine_does_not_resolve_a_newer_fault():
    episodes = Episodes()
    episodes.run(seen("fail", window_end=date(2026, 11, 20)))
    assert episodes.told(seen("pass", window_end=date(2026, 10, 1))) == []
    assert episodes.told(seen("pass", window_end=date(2026, 11, 20))) == ["resolved"]


def test_a_silent_source_explains_what_it_causes_but_never_a_leak():
    silent = Key("source_freshness", dimension="source=capi")
    ratio = Key("hit_ratio", "123", "canonical_event=purchase,dataset_id=123")
    crm = Key("crm_coverage_client")
    episodes = Episodes()
    change = episodes.run(*(seen("fail", key) for key in (silent, ratio, PII, crm)))
    opened = {notice.incident.key.check_id: notice.effects for notice in change.notices}
    assert opened == {
        "source_freshness": ("hit_ratio",),
        "plain_pii": (),
        "crm_coverage_client": (),
    }
    assert episodes.told(seen("pass", silent), seen("fail", ratio)) == ["resolved", "opened"]


def test_a_refused_file_explains_the_checks_that_needed_its_source():
    load = Key("load_completeness")
    observations = (seen("fail", load), seen("fail", Key("major_events_present")))
    assert Episodes().told(*observations) == ["opened", "opened"]
    change = Episodes().run(*observations, failed_loads=("capi",))
    assert [notice.effects for notice in change.notices] == [("major_events_present",)]


def test_the_dimensions_of_a_check_that_fails_as_a_whole_are_one_incident():
    whole, part = Key("event_name_consistency"), Key("event_name_consistency", "1", "dataset_id=1")
    change = Episodes().run(seen("fail", whole), seen("fail", part))
    assert [notice.dimensions for notice in change.notices] == [("dataset_id=1",)]
    assert Episodes().told(seen("pass", whole), seen("fail", part)) == ["opened"]


@pytest.mark.parametrize("status", ["warn", "insufficient_data", "unknown"])
def test_a_child_stays_folded_while_its_root_cause_is_not_known_to_be_over(status):
    silent = Key("source_freshness", dimension="source=capi")
    major = Key("major_events_present")
    episodes = Episodes()
    episodes.run(seen("fail", silent), seen("fail", major))
    assert episodes.told(seen(status, silent), seen("fail", major)) == []


EVENT = Key("hit_ratio", "1", "canonical_event=lead,dataset_id=1")
OTHER = Key("hit_ratio", "1", "canonical_event=purchase,dataset_id=1")


def test_a_dimension_that_is_no_longer_measured_ends_after_a_week_of_runs_and_says_so():
    episodes = Episodes()
    episodes.run(seen("fail", EVENT))
    told = [episodes.told(seen("pass", OTHER)) for _ in range(6)]
    last = episodes.run(seen("pass", OTHER)).notices
    assert told == [[]] * 6
    assert [(notice.kind, notice.reason) for notice in last] == [("resolved", "no longer measured")]
    assert EVENT not in episodes.open


@pytest.mark.parametrize("status", ["fail", "warn", "insufficient_data", "unknown"])
def test_a_dimension_that_shows_up_again_in_between_is_counted_from_there(status):
    episodes = Episodes()
    episodes.run(seen("fail", EVENT))
    for _ in range(3):
        told = [episodes.told(seen("pass", OTHER)) for _ in range(6)]
        told.append(episodes.told(seen(status, EVENT)))
        assert told == [[]] * 7


def test_an_absence_that_a_root_cause_explains_ends_nothing():
    silent = Key("source_freshness", dimension="source=capi")
    episodes = Episodes()
    episodes.run(seen("fail", EVENT))
    assert [episodes.told(seen("fail", silent)) for _ in range(9)] == [["opened"], *[[]] * 8]
    refused = seen("fail", Key("load_completeness"))
    for _ in range(9):
        episodes.run(seen("pass", silent), refused, failed_loads=("ga4",))
    assert EVENT in episodes.open


def test_a_run_over_older_dates_and_one_that_could_not_complete_do_not_count_as_absence():
    episodes = Episodes()
    episodes.run(seen("fail", EVENT, window_end=date(2026, 11, 20)))
    for until in [date(2026, 10, 1)] * 9 + [None] * 9:
        assert episodes.told(until=until) == []


def test_a_fault_that_never_fired_is_forgotten_with_its_dimension():
    episodes = Episodes(Policy(fire_after_runs=2))
    episodes.run(seen("fail", EVENT))
    assert [episodes.told(seen("pass", OTHER)) for _ in range(7)] == [[]] * 7
    assert episodes.open == {}


def _replaced(incident: Incident, **changes) -> Incident:
    return replace(incident, **changes)


KEYS = (PII, Key("hit_ratio", "1", "dataset_id=1"), Key("source_freshness", dimension="source=ga4"))
ABSENT = "absent"
STATUSES = st.sampled_from(["pass", "warn", "fail", "insufficient_data", "unknown", ABSENT])


class AlertLife(RuleBasedStateMachine):
    """Any sequence of runs, acknowledgements and snoozes; what was told is kept per episode."""

    def __init__(self) -> None:
        super().__init__()
        self.episodes = Episodes(
            Policy(remind_after=timedelta(hours=24), close_absent_after_runs=3)
        )
        self.told: dict[str, list[Kind]] = {}
        self.absences = dict.fromkeys(KEYS, 0)

    @rule(statuses=st.lists(STATUSES, min_size=3, max_size=3), hours=st.integers(1, 72))
    def a_run_ends(self, statuses, hours):
        observations = [
            seen(status, key)
            for key, status in zip(KEYS, statuses, strict=True)
            if status is not ABSENT
        ]
        change = self.episodes.run(*observations, after=timedelta(hours=hours))
        for key, status in zip(KEYS, statuses, strict=True):
            self.absences[key] = self.absences[key] + 1 if status is ABSENT else 0
        for notice in change.notices:
            self.told.setdefault(notice.incident.incident_id, []).append(notice.kind)
            if notice.reason:
                assert notice.kind is Kind.RESOLVED
                assert self.absences[notice.incident.key] >= 3
        self.last = dict(zip(KEYS, statuses, strict=True))

    @precondition(lambda self: self.episodes.open)
    @rule(data=st.data())
    def someone_acknowledges(self, data):
        key = data.draw(st.sampled_from(sorted(self.episodes.open)))
        incident = self.episodes.open[key]
        self.episodes.open[key] = _replaced(incident, acknowledged_at=self.episodes.now)

    @precondition(lambda self: self.episodes.open)
    @rule(data=st.data(), hours=st.integers(1, 100))
    def someone_snoozes(self, data, hours):
        key = data.draw(st.sampled_from(sorted(self.episodes.open)))
        until = self.episodes.now + timedelta(hours=hours)
        self.episodes.open[key] = _replaced(self.episodes.open[key], snoozed_until=until)

    @invariant()
    def every_episode_opens_first_and_once_and_ends_at_most_once_and_last(self):
        for kinds in self.told.values():
            assert kinds[0] is Kind.OPENED
            assert kinds.count(Kind.OPENED) == 1
            assert Kind.RESOLVED not in kinds[:-1]

    @invariant()
    def an_open_incident_was_told_and_not_yet_called_resolved(self):
        for incident in self.episodes.open.values():
            if incident.state is State.OPEN:
                assert self.told[incident.incident_id][-1] is not Kind.RESOLVED

    @invariant()
    def what_nothing_measures_does_not_stay_open(self):
        for key in KEYS:
            if self.absences[key] >= 3 and key.check_id != "hit_ratio":
                assert key not in self.episodes.open

    @invariant()
    def a_failing_root_cause_is_never_lost(self):
        for key, status in getattr(self, "last", {}).items():
            if status == "fail" and key.check_id != "hit_ratio":
                assert self.episodes.open[key].state is State.OPEN


AlertLife.TestCase.settings = hypothesis_settings(
    max_examples=60, stateful_step_count=30, deadline=None
)
TestAlertLife = AlertLife.TestCase
