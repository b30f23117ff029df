"""The daily run on worlds made by someone else: what they say is true is what we publish."""

import json
import shutil
from pathlib import Path

import pytest

from tests.runs import Published, differences, run_window

WORLDS = Path(__file__).parents[3] / "shared" / "data" / "worlds"
NAMES = sorted(path.parent.name for path in WORLDS.glob("*/truth.json")) or ["none"]
QUICK = {"clean", "mixed", "mixed_gateway", "none"}

pytestmark = pytest.mark.skipif(not WORLDS.exists(), reason="no ../shared/data/worlds here")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in NAMES],
)
def test_a_run_publishes_exactly_what_is_true_of_the_world(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(WORLDS / name, folder, copy_function=shutil.copyfile)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))

    finished = run_window(folder, truth["start"], truth["end"], f"{truth['today']}T12:00:00Z")

    assert finished.code in truth["exit_codes"], finished.stderr
    assert differences(truth, Published(folder)) == []
