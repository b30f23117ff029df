"""What every test may rely on: no telemetry, no Prefect API, a clean world that has been run."""

import os

import pytest

from tests.runs import run_window
from tests.worlds import World, build_world

os.environ.update({"DO_NOT_TRACK": "1", "GX_ANALYTICS_ENABLED": "false"})


@pytest.fixture(scope="session")
def clean_run(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a small clean world after its daily run; read it, do not change it."""
    world = build_world(tmp_path_factory.mktemp("clean"), days=2, events_per_day=250)
    finished = run_window(world.path, world.truth["start"], world.truth["end"], world.as_of)
    assert finished.code == 0, finished.stderr
    return world
