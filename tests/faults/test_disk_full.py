"""A disk that is full at load, build or report: nothing is half done, and freeing it heals."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.conftest import Clean
from tests.faults.kit import Dying, TwoDays, published_of, state_of
from tests.fixtures.slack_double import reply, slack
from tests.runs import Finished

SIZE = "160m"
FILLER = "filler"

pytestmark = pytest.mark.slow


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk of its own; skips where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "matchback-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> None:
    """Take the last byte."""
    with (disk / FILLER).open("wb", buffering=0) as file:
        for size in (2**20, 2**12, 1):
            with suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    assert os.statvfs(disk).f_bavail == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", SIZE) as mounted:
        yield mounted


@pytest.fixture
def world(disk: Path, prepared: TwoDays) -> Iterator[TwoDays]:
    with ExitStack() as stack:
        double = stack.enter_context(slack(reply()))
        yield prepared.copy(disk / "world", double.url)


def run_and_fill(world: TwoDays, disk: Path, after_step: str | None) -> Finished:
    """Run the second day on a disk that is full from a step on."""
    if after_step is None:
        fill(disk)
    running = Dying(world.folder, world.command(world.second))
    if after_step is not None:
        running.read_until(after_step)
        fill(disk)
    return running.finish()


@pytest.mark.parametrize("after_step", [None, "scan for personal data"], ids=["load", "build"])
def test_a_run_on_a_full_disk_exits_3_publishes_nothing_and_heals(
    after_step: str | None, world: TwoDays, disk: Path, clean: Clean
) -> None:
    before = published_of(world.folder)

    finished = run_and_fill(world, disk, after_step)
    (disk / FILLER).unlink()

    assert finished.code == 3, finished.stderr
    assert "Traceback" not in finished.stderr
    assert "published tables are" in finished.stderr
    assert published_of(world.folder) == before
    healed = world.run(world.second)
    assert healed.code == 1, healed.stderr
    after = state_of(world.folder)
    assert after.published == clean.state.published
    assert after.landed == clean.state.landed
    assert without_the_run_itself(after.incidents) == clean.state.incidents
    assert without_the_run_itself(after.outbox) == clean.state.outbox


def test_a_report_that_finds_no_room_costs_no_result(
    prepared: TwoDays, clean: Clean, tmp_path: Path
) -> None:
    with slack(reply()) as double:
        world = prepared.copy(tmp_path / "world", double.url)
        before = {path: path.read_bytes() for path in pages(world.folder)}
        with small_disk(world.folder / "reports", "64k"):
            fill(world.folder / "reports")
            finished = world.run(world.second)

    assert finished.code == 1, finished.stderr
    assert "The report could not be written" in finished.stderr
    assert state_of(world.folder) == clean.state
    assert {path: path.read_bytes() for path in pages(world.folder)} == before


def pages(folder: Path) -> list[Path]:
    return [path for path in (folder / "reports").rglob("*") if path.is_file()]


def without_the_run_itself(counted: dict[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
    """Leave out the incident of the run that could not complete."""
    return {key: count for key, count in counted.items() if key[0] != "run_incomplete"}
