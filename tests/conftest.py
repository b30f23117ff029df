"""What every test may rely on: no telemetry, no Prefect API, a clean world that has been run."""

import os

import pytest

from tests.runs import run_window
from tests.worlds import World, build_world

# These folders share a dear set-up: each runs in one process. The dearest begin first.
TOGETHER = {"bigquery": "bigquery", "dbt": "clean_run", "faults": "clean_run"}
FIRST = (
    "bigquery",
    "clean_run",
    "test_repeated_runs",
    "test_canaries",
    "test_example_worlds",
    "test_simulator_leaks",
)

os.environ.update({"DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests run in one process, and put the groups that take longest first."""
    groups = {item: TOGETHER.get(item.path.parent.name, item.path.stem) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    ranks = {group: rank for rank, group in enumerate(FIRST)}
    items.sort(key=lambda item: ranks.get(groups[item], len(ranks)))


@pytest.fixture(scope="session")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a small clean world after its daily run; read it, do not change it."""
    world = build_world(tmp_path_factory.mktemp("clean"), days=2, events_per_day=250)
    finished = run_window(world.path, world.truth["start"], world.truth["end"], world.as_of)
    assert finished.code == 0, finished.stderr
    return world
