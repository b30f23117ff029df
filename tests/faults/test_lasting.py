"""Tracking health is the product: it is published and alerted, once however long it lasts."""

import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from matchback.alerting import alert_settings, drain_outbox, plan_alerts
from matchback.config import load_config
from matchback.core.clock import Clock
from matchback.core.settings import parse_as_of
from matchback.opening import open_duckdb
from tests.faults.kit import lines_sent, point_alerts_to
from tests.fixtures.slack_double import reply, slack
from tests.runs import Finished, Published, matchback
from tests.worlds import World, build_world

SIZE = {"days": 1, "events_per_day": 150, "seed": 3}
RUNS = 48
WHOLE = {1, 24, RUNS}


def run(world: World, now: datetime) -> Finished:
    return matchback(world.path, "run", "--date", world.truth["start"], "--as-of", now.isoformat())


def judge_again(folder: Path, now: datetime, number: int) -> None:
    """Take the newest results for those of one more run: the alert code of a run on its own."""
    config = load_config(folder / "matchback.yml", {})
    settings, clock = alert_settings(config), Clock(now)
    with open_duckdb(config.warehouse_path) as warehouse:
        run_id = f"{now:%Y%m%dT%H%M%SZ}-{number:015x}"
        with warehouse.transaction():
            warehouse.execute(
                "insert into marts.fct_check_results select * replace (? as run_id) "
                "from marts.fct_check_results "
                "where run_id = (select max(run_id) from marts.fct_check_results)",
                [run_id],
            )
            plan_alerts(warehouse, run_id, settings, clock)
        drain_outbox(warehouse, settings, clock)


@pytest.mark.slow
def test_48_runs_over_one_lasting_fault_tell_it_once_and_its_end_once(tmp_path: Path) -> None:
    world = build_world(tmp_path / "world", leaks=("plain_pii=2",), **SIZE)
    sound = build_world(tmp_path / "sound", **SIZE)
    started = parse_as_of(world.as_of)
    codes = []
    with slack(reply()) as double:
        point_alerts_to(world.path, double.url)
        for number in range(1, RUNS + 1):
            now = started + timedelta(hours=number)
            if number in WHOLE:
                codes.append(run(world, now).code)
                assert Published(world.path).statuses()["plain_pii"] == "fail"
                assert Published(world.path).finding_counts()["plain_pii"] >= 2
            else:
                judge_again(world.path, now, number)
        while_it_lasts = lines_sent(double)
        shutil.rmtree(world.path / "data")
        shutil.copytree(sound.path / "data", world.path / "data")
        codes.append(run(world, started + timedelta(hours=RUNS + 1)).code)
        judge_again(world.path, started + timedelta(hours=RUNS + 2), RUNS + 2)
        said = lines_sent(double)

    assert codes == [1, 1, 1, 0]
    assert while_it_lasts == Counter({("plain_pii", "all", "opened"): 1})
    assert said == Counter({("plain_pii", "all", "opened"): 1, ("plain_pii", "all", "resolved"): 1})
    assert len(double.requests) == 2
