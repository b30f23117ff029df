"""The parts of the benchmark: each writes its worlds, measures on them and returns its figures."""

import json
import os
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.floor import count_texts
from benchmarks.measure import Cost, measure
from benchmarks.world import FIRST_DAY, WorldSize, write_world_apart

Figures = dict[str, Any]
Say = Callable[[str], None]

FINAL_AFTER = timedelta(days=8)
LIMITED_FROM = 20_000_000
MEMORY_LIMIT = "4GB"
TINY = 1_000
HISTORY_DAYS = (7, 30, 180, 365)
# The engine merges the rows of about twelve days of 10,000 events, on one of them.
MEASURED_DAYS = 12
EXPLAIN_TIMES = 5
NOT_PASSED_ON = ("PREFECT_API_URL", "SLACK_WEBHOOK_URL", "MATCHBACK_AS_OF")
# A run whose checks fail is a run that worked.
RAN = (0, 1)


def size(folder: Path, events: int, say: Say) -> Figures:
    """Measure a new folder, the same day again, the next day, and the floor, at one size."""
    say(f"{events:,} events a day, Parquet")
    is_limited = events >= LIMITED_FROM
    limit = MEMORY_LIMIT if is_limited else None
    write_world_apart(folder, WorldSize(events, memory_limit=limit))
    floor, floor_figures = _floor(folder)
    new, summary = _run(folder, FIRST_DAY)
    again, _ = _run(folder, FIRST_DAY)
    texts = count_texts(folder)
    figures: Figures = {
        "events": events,
        "memory_limit": limit,
        "texts": texts,
        "floor": floor.as_json() | {"cpu_steps": floor_figures["cpu_seconds"]},
        "new": new.as_json(),
        "again": again.as_json(),
        "counts_differ": _differences(folder, floor_figures["daily"]),
        "findings": summary["findings"],
    }
    if not is_limited:
        write_world_apart(folder, WorldSize(events, days=2, skip=1, memory_limit=limit))
        following, _ = _run(folder, FIRST_DAY + timedelta(days=1))
        figures["next"] = following.as_json()
    return figures


def gzipped_json(folder: Path, events: int, say: Say) -> Figures:
    """Measure a new folder from gzipped JSON, beside the floor."""
    say(f"{events:,} events a day, gzipped JSON")
    write_world_apart(folder, WorldSize(events, ga4_format="json"))
    floor, floor_figures = _floor(folder)
    new, _ = _run(folder, FIRST_DAY)
    return {
        "events": events,
        "floor": floor.as_json(),
        "new": new.as_json(),
        "counts_differ": _differences(folder, floor_figures["daily"]),
    }


def tiny(folder: Path, say: Say) -> Figures:
    """Measure a day of a thousand events: the first in a folder, again, and the next two."""
    say(f"{TINY:,} events a day")
    write_world_apart(folder, WorldSize(TINY, days=1))
    figures: Figures = {"events": TINY, "new": _run(folder, FIRST_DAY)[0].as_json()}
    figures["again"] = _run(folder, FIRST_DAY)[0].as_json()
    write_world_apart(folder, WorldSize(TINY, days=2, skip=1))
    figures["next"] = _run(folder, FIRST_DAY + timedelta(days=1))[0].as_json()
    return figures


def history(folder: Path, events: int, days: Sequence[int], say: Say) -> list[Figures]:
    """Measure twelve days each after a history of some lengths, in one growing warehouse.

    Rows past the policy's days are redacted before, as the schedule of `matchback retention` does.
    """
    figures = []
    written = 0
    for length in days:
        say(f"history of {length} days of {events:,} events")
        write_world_apart(folder, WorldSize(events, days=length, skip=written))
        built, _ = _run(folder, _day(written), _day(length - 1))
        _retain(folder, _day(length - 1))
        measured = []
        for number in range(length, length + MEASURED_DAYS):
            write_world_apart(folder, WorldSize(events, days=number + 1, skip=number))
            measured.append(_run(folder, _day(number))[0])
        written = length + MEASURED_DAYS
        figures.append(
            {
                "days": length,
                "events": events,
                "building": built.as_json(),
                "cpu": round(statistics.mean(cost.cpu for cost in measured), 2),
                "dearest_cpu": max(cost.cpu for cost in measured),
                "wall": round(statistics.mean(cost.wall for cost in measured), 2),
                "peak_mib": max(cost.peak_mib for cost in measured),
                "load": max(cost.load for cost in measured),
                "warehouse_mib": round((folder / "warehouse.duckdb").stat().st_size / 2**20),
            }
        )
    return figures


def explain(folder: Path, say: Say) -> Figures:
    """Measure `matchback explain` of an order in the warehouse of a folder."""
    import duckdb

    say("explain")
    database = folder / "warehouse.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        order, rows = connection.execute(
            "select any_value(order_id), count(*) from marts.fct_reconciled_events "
            "where order_id is not null and in_server and in_client"
        ).fetchall()[0]
    costs = [
        measure(_matchback("explain", order, "--json"), folder, environment=_environment())[0]
        for _ in range(EXPLAIN_TIMES)
    ]
    return {
        "orders": rows,
        "warehouse_mib": round(database.stat().st_size / 2**20),
        "wall": statistics.median(cost.wall for cost in costs),
        "cpu": statistics.median(cost.cpu for cost in costs),
        "load": max(cost.load for cost in costs),
    }


def _run(folder: Path, first: date, last: date | None = None) -> tuple[Cost, Figures]:
    last = last or first
    command = _matchback("run", "--start", str(first), "--end", str(last), "--as-of", _final(last))
    cost, output = measure(
        [*command, "--json"], folder, environment=_environment(), accepted_codes=RAN
    )
    return cost, json.loads(output)


def _retain(folder: Path, day: date) -> None:
    command = _matchback("retention", "--as-of", _final(day))
    measure(command, folder, environment=_environment())


def _final(day: date) -> str:
    """Return a moment at which a date and the days around it are final."""
    return f"{day + FINAL_AFTER}T12:00:00Z"


def _floor(folder: Path) -> tuple[Cost, Figures]:
    database = folder / "floor.duckdb"
    command = [sys.executable, "-m", "benchmarks.floor", str(folder), str(database)]
    cost, output = measure(command, Path(__file__).parents[1])
    database.unlink()
    return cost, json.loads(output)


def _matchback(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "matchback", *arguments]


def _environment() -> dict[str, str]:
    """Return this environment without a Prefect server, Slack or a set clock."""
    kept = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[1])}


def _day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def _differences(folder: Path, daily: list[Figures]) -> list[str]:
    """Return where the floor and matchback count a day differently."""
    import duckdb

    names = ("client_count", "consented_client_count", "server_accepted_count")
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            f"select canonical_event, {', '.join(names)} from marts.agg_event_health_daily"
        ).fetchall()
    ours = {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
    return [
        f"{day['canonical_event']} {name}: {ours[day['canonical_event']][name]}, floor {day[name]}"
        for day in daily
        for name in names
        if ours[day["canonical_event"]][name] != day[name]
    ]


def fresh(folder: Path) -> Path:
    """Return an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
