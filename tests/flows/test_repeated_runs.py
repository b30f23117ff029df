"""Running again changes nothing, and a day at a time equals all days at once."""

import shutil
from pathlib import Path

import pytest

from tests.runs import Published, run_window
from tests.worlds import World, build_world

AS_OF = "2026-11-22T12:00:00Z"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(
        tmp_path_factory.mktemp("world"),
        days=3,
        events_per_day=400,
        leaks=("lost_server=3", "duplicate_server=2", "client_duplicate=2", "rejected_recovered=2"),
    )


@pytest.fixture(scope="module")
def at_once(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the world after one run over the whole window; copy it, do not change it."""
    folder = copy_of(world.path, tmp_path_factory.mktemp("at_once") / "world")
    run_window(folder, world.truth["start"], world.truth["end"], world.as_of)
    return folder


def copy_of(folder: Path, other: Path) -> Path:
    shutil.copytree(folder, other)
    return other


def test_the_same_run_twice_gives_the_same_tables(
    world: World, at_once: Path, tmp_path: Path
) -> None:
    once = Published(at_once).hashes()
    folder = copy_of(at_once, tmp_path / "twice")
    run_window(folder, world.truth["start"], world.truth["end"], world.as_of)
    twice = Published(folder).hashes()

    kept = {"fct_check_results", "agg_health_score"}
    assert {name: digest for name, digest in twice.items() if name not in kept} == {
        name: digest for name, digest in once.items() if name not in kept
    }


def test_days_run_one_by_one_equal_the_window_run_at_once(
    world: World, at_once: Path, tmp_path: Path
) -> None:
    day_by_day = copy_of(world.path, tmp_path / "day_by_day")
    days = sorted({row["event_date"] for row in world.truth["health"]})
    for day in days:
        run_window(day_by_day, day, day, world.as_of)

    one, other = Published(at_once).hashes(), Published(day_by_day).hashes()
    compared = {
        "fct_reconciled_events",
        "agg_event_health_daily",
        "agg_event_health_segments",
        "agg_dedup_forecast",
        "fct_deliveries",
    }
    assert {name: one[name] for name in compared} == {name: other[name] for name in compared}
