"""Days that are no ordinary days: clocks that change, zones that differ, leap days, midnight."""

import csv
import re
import resource
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.runs import Published, differences, run_window
from tests.worlds import World, build_world

pytestmark = pytest.mark.slow

LEAKS = ("lost_server=1", "duplicate_server=2", "client_duplicate=1")
DAYS = {
    "25 hours in Berlin": {"start": date(2026, 10, 24), "days": 3},
    "23 hours in Berlin": {"start": date(2026, 3, 28), "days": 3},
    "23 hours in New York": {
        "start": date(2026, 3, 7), "days": 3, "timezone": "America/New_York"
    },
    "leap day in Auckland": {
        "start": date(2028, 2, 28), "days": 3, "timezone": "Pacific/Auckland"
    },
    "half an hour off in Kolkata": {"days": 2, "timezone": "Asia/Kolkata"},
}  # fmt: skip


def untrue(world: World) -> list[str]:
    """Name every figure that is not the true one; so small a world leaves some rates unjudged."""
    found = differences(world.truth, Published(world.path))
    return [text for text in found if not text.endswith("insufficient_data, expected pass")]


def run(world: World) -> int:
    return run_window(world.path, world.truth["start"], world.truth["end"], world.as_of).code


@pytest.mark.parametrize("options", DAYS.values(), ids=DAYS.keys())
def test_every_figure_of_an_odd_day_is_the_true_one(options: dict, tmp_path: Path) -> None:
    world = build_world(tmp_path, events_per_day=300, leaks=LEAKS, **options)

    assert run(world) == 1
    assert untrue(world) == []


def test_the_crm_may_keep_another_zone_than_the_property(tmp_path: Path) -> None:
    world = build_world(
        tmp_path, days=2, events_per_day=300, timezone="America/Los_Angeles", leaks=LEAKS
    )
    config = world.config.read_text(encoding="utf-8")
    orders = next((world.path / "data" / "crm").glob("*.csv"))
    with orders.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    at = rows[0].index("Created at")
    moments = [moved(row[at], "America/Los_Angeles", "Asia/Tokyo") for row in rows[1:]]
    for row, moment in zip(rows[1:], moments, strict=True):
        row[at] = moment
    with orders.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    in_crm = re.sub(r"(crm: \{path: [^,]+, timezone: )[^,]+", r"\1Asia/Tokyo", config)
    assert in_crm != config
    world.config.write_text(in_crm, encoding="utf-8")

    assert run(world) == 1
    assert untrue(world) == []


def moved(text: str, from_zone: str, to_zone: str) -> str:
    """Return a wall time as another zone's wall reads it."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(from_zone))
    return f"{moment.astimezone(ZoneInfo(to_zone)).replace(tzinfo=None)}"


def test_ten_times_the_volume_is_as_true_and_needs_no_ten_times_the_memory(tmp_path: Path) -> None:
    """`ru_maxrss` of children only grows, so the small day goes first."""
    peaks = []
    for events in (1_000, 10_000):
        world = build_world(tmp_path / str(events), days=1, events_per_day=events, leaks=LEAKS)
        assert run(world) in (0, 1)
        assert untrue(world) == []
        peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)

    assert peaks[1] < 2 * peaks[0]
