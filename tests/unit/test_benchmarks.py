"""What the benchmark claims rests on these: worlds, floor, cost of a process tree, verdicts."""

import sys
from pathlib import Path

import pytest

from benchmarks.floor import count_texts, run_floor
from benchmarks.measure import CommandFailedError, measure
from benchmarks.page import peer_cpu, scaling_exponent, targets
from benchmarks.world import WorldSize, write_world

BURN = "sum(number * number for number in range(4_000_000))"


@pytest.mark.parametrize("ga4_format", ["parquet", "json"])
def test_the_floor_counts_the_same_day_from_either_format(tmp_path: Path, ga4_format: str) -> None:
    write_world(tmp_path, WorldSize(4_000, ga4_format=ga4_format))

    result = run_floor(tmp_path, tmp_path / "floor.duckdb")

    days = {day["canonical_event"]: day for day in result["daily"]}
    assert set(days) == {
        "purchase", "begin_checkout", "add_to_cart", "generate_lead", "sign_up",
    }  # fmt: skip
    for day in days.values():
        assert day["match_count"] == day["server_accepted_count"] > 0
        assert day["consented_client_count"] <= day["client_count"]
    assert days["purchase"]["crm_coverage_client"] == 1


def test_a_day_that_is_continued_is_another_day_of_the_same_shop(tmp_path: Path) -> None:
    write_world(tmp_path, WorldSize(800))
    first = count_texts(tmp_path)
    write_world(tmp_path, WorldSize(800, days=2, skip=1))

    names = sorted(path.name for path in (tmp_path / "data" / "ga4").iterdir())
    assert names == ["events_20261109_000.parquet", "events_20261110_000.parquet"]
    assert count_texts(tmp_path) > 1.8 * first


def test_the_cpu_of_children_counts(tmp_path: Path) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}])"

    alone, _ = measure([sys.executable, "-c", "pass"], tmp_path)
    burning, _ = measure([sys.executable, "-c", child], tmp_path)

    assert burning.cpu > alone.cpu + 0.1


def test_steps_are_read_from_what_the_command_says(tmp_path: Path) -> None:
    says = "import sys; print('load: 0.1 s', 'build: 2.0 s', sep='\\n', file=sys.stderr)"

    cost, _ = measure([sys.executable, "-c", says], tmp_path)

    assert list(cost.steps) == ["load", "build"]


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError):
        measure([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, accepted_codes=(0, 1))


@pytest.mark.parametrize(("power", "expected"), [(1, 1.0), (2, 2.0)])
def test_the_scaling_exponent_is_the_slope_of_the_logarithms(power: int, expected: float) -> None:
    sizes = [{"events": 10**n, "new": {"cpu": 3.0 * 10 ** (power * n)}} for n in (3, 4, 6)]

    assert scaling_exponent(sizes, "new") == pytest.approx(expected)


def test_a_target_without_a_figure_is_not_met() -> None:
    assert {target.verdict for target in targets({})} == {"not measured"}


def test_a_missed_target_is_said_plainly() -> None:
    known = {"explain": {"wall": 1.5}, "tiny": {"new": {"wall": 12.0}, "next": {"wall": 5.0}}}

    verdicts = {target.what: target.verdict for target in targets(known)}

    assert verdicts["`matchback explain`, s wall"] == "**missed**"
    assert verdicts["a day of 1,000 events, first in its folder, s wall"] == "met"


def test_a_sampled_tool_is_scaled_to_all_texts() -> None:
    peer = {"found": {"sampled": 5_000, "sample_cpu": 0.5}, "cpu": 9.0, "is_flat": True}

    assert peer_cpu(peer, {"texts": 1_000_000, "flattening": {"cpu": 2.0}}) == 100
