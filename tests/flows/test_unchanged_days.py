"""What is kept of a date's GA4 rows equals what a rebuild makes of them, whatever happened."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from matchback.build import dbt
from matchback.config import load_config
from matchback.privacy.erase import erase
from tests.fixtures.shards import CLOCK, SCHEMA_MODELS, ShardProject

pytestmark = pytest.mark.slow

DAYS = [date(2026, 11, day) for day in range(9, 14)]
# Ids that all rows share would lead the erasure of one person to all of them.
PARAMETERS = {"value": 10, "ref": "r-1", "page_location": "https://shop.example/?fbclid=click-1"}
KEPT = {
    "stg_ga4__rows": "event_date, file_name, row_number",
    "stg_ga4__clicks": "event_date, file_name, row_number",
    "int_ga4_parameter_counts": "all",
    "int_ga4_event_counts": "all",
    "int_ga4_event_days": "all",
    "int_schema_profile": "all",
}

Tables = dict[str, list[tuple[Any, ...]]]
Change = Callable[[ShardProject], None]


def tables(project: ShardProject) -> Tables:
    """Read what is kept, and what is made of it."""
    return {
        name: project.rows(f"select * from work.{name} order by {order}")
        for name, order in KEPT.items()
    }


def rebuilt(project: ShardProject) -> Tables:
    """Return what a full refresh of the same warehouse makes; the warehouse stays as it was."""
    path = project.config.warehouse_path
    aside = path.with_suffix(".aside")
    shutil.copy(path, aside)
    project.run(DAYS[0], DAYS[-1], full_refresh=True)
    made = tables(project)
    aside.replace(path)
    return made


def change_a_day(project: ShardProject) -> None:
    """Export a day again, with other values and another click."""
    other = {**PARAMETERS, "value": 12, "page_location": "https://shop.example/?fbclid=click-2"}
    project.write_shard(DAYS[1], parameters=other)


def split_a_day(project: ShardProject) -> None:
    """Add a second shard to a day."""
    folder = project.root / "data"
    project.write_shard(DAYS[2], parameters={**PARAMETERS, "value": 3}, name="events_part")
    part = folder / f"events_part_{DAYS[2]:%Y%m%d}.parquet"
    part.rename(folder / f"events_{DAYS[2]:%Y%m%d}_001.parquet")


def export_the_day_for_good(project: ShardProject) -> None:
    """Let the daily export of a day follow its intraday one."""
    project.write_shard(DAYS[4], parameters={**PARAMETERS, "coupon": "X"})


def deliver_late(project: ShardProject) -> None:
    """Bring the day that was missing."""
    project.write_shard(DAYS[3], parameters={**PARAMETERS, "gclid": "G-1"})


def deliver_a_day_of_each_kind(project: ShardProject) -> None:
    """Change one day, split another, end the intraday one, bring a late one."""
    change_a_day(project)
    split_a_day(project)
    export_the_day_for_good(project)
    deliver_late(project)


def name_the_event_otherwise(project: ShardProject) -> None:
    """Change the taxonomy: purchases are reconciled no more."""
    path = project.root / "matchback.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    taxonomy = {"events": {"purchase": {}}}
    path.write_text(yaml.safe_dump({**settings, "taxonomy": taxonomy}), encoding="utf-8")
    project.config = load_config(path, {})


def read_another_id(project: ShardProject) -> None:
    """Change a setting that a column is made with."""
    path = project.root / "matchback.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["sources"]["ga4"]["event_id_params"] = ["ref"]
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    project.config = load_config(path, {})


def forget_a_person(project: ShardProject) -> None:
    """Erase a person whose rows stand on every day."""
    with project.warehouse() as warehouse:
        erase(warehouse, project.config, "client.3", CLOCK)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShardProject:
    made = ShardProject(tmp_path / "project", monkeypatch)
    selection = (*SCHEMA_MODELS, "+stg_ga4__clicks,resource_type:model")
    monkeypatch.setattr(dbt, "DAILY_SELECTION", selection)
    for day in DAYS[:3]:
        made.write_shard(day, parameters=PARAMETERS)
    made.write_shard(DAYS[4], parameters=PARAMETERS, name="events_intraday")
    made.run(DAYS[0], DAYS[-1])
    return made


def test_whatever_changes_what_is_kept_equals_a_rebuild(project: ShardProject) -> None:
    changes: list[Change] = [
        deliver_a_day_of_each_kind,
        read_another_id,
        forget_a_person,
        name_the_event_otherwise,
    ]
    before = tables(project)

    for change in changes:
        change(project)
        project.run(DAYS[0], DAYS[-1])
        kept = tables(project)

        assert kept != before, change.__name__
        assert kept == rebuilt(project), change.__name__
        before = kept
    assert before["int_ga4_event_counts"]


def test_only_a_changed_day_is_read_again_and_one_out_of_reach_is_forgotten(
    project: ShardProject,
) -> None:
    with project.warehouse() as warehouse:
        warehouse.execute("update work.stg_ga4__rows set campaign = 'kept'")
    marked = "select distinct event_date from work.stg_ga4__rows where campaign = 'kept' order by 1"
    held = "select distinct event_date from work.stg_ga4__rows order by 1"

    change_a_day(project)
    project.run(DAYS[0], DAYS[-1])

    assert project.rows(marked) == [(DAYS[0],), (DAYS[2],), (DAYS[4],)]
    assert project.rows(held) == [(DAYS[0],), (DAYS[1],), (DAYS[2],), (DAYS[4],)]

    project.run(DAYS[4], DAYS[4])

    assert project.rows(held) == [(DAYS[2],), (DAYS[4],)]
