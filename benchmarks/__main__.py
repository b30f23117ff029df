"""`make bench`: simulate days of several sizes, run each twice, write docs/performance.md."""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
SIZES = (1_000, 10_000, 100_000)
AS_OF = "2026-11-22T12:00:00Z"


@dataclass(frozen=True)
class Measured:
    """One run: events a day, cold or warm, seconds of wall and CPU, peak MiB of one process."""

    events: int
    kind: str
    wall: float
    cpu: float
    peak: float
    steps: dict[str, float]


def measure(folder: Path, events: int, kind: str, day: str) -> Measured:
    """Run one day as its own process and read what the system says it used."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    finished = subprocess.run(
        [sys.executable, "-m", "flows", "run", "--date", day, "--as-of", AS_OF, "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if finished.returncode > 1:
        sys.exit(f"The benchmark's run ended with {finished.returncode}: {finished.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    steps = json.loads(finished.stdout)["seconds"]
    return Measured(events, kind, wall, cpu, after.ru_maxrss / 1024, steps)


def bench(events: int) -> list[Measured]:
    """Simulate one day of this size and run it twice: on a new warehouse, and again."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [
                *(sys.executable, "-m", "flows", "simulate", "--out", str(folder)),
                *("--days", "1", "--events-per-day", str(events)),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        day = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["start"]
        return [measure(folder, events, kind, day) for kind in ("new warehouse", "again")]


def page(results: list[Measured]) -> str:
    """Return the measured runs as Markdown."""
    steps = list(results[0].steps)
    heads = ["GA4 events a day", "run", "wall s", "CPU s", "peak MiB", *steps]
    lines = [
        "# Performance",
        "",
        f"Written by `make bench` on {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}. A day of simulated GA4 rows with proportional Meta "
        "logs, orders and consent; step columns are wall seconds.",
        "",
        "| " + " | ".join(heads) + " |",
        "|" + "---|" * len(heads),
    ]
    for one in results:
        cells = [
            f"{one.events:,}",
            one.kind,
            f"{one.wall:.1f}",
            f"{one.cpu:.1f}",
            f"{one.peak:.0f}",
        ]
        cells += [f"{one.steps.get(step, 0):.1f}" for step in steps]
        lines.append("| " + " | ".join(cells) + " |")
    lines += [
        "",
        "A first run in a folder pays for dbt's full parse of the project; the next ones read it "
        "from `.matchback/`. The comparison with a bare script and with other tools, long "
        "histories and millions of events a day are not measured yet.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure every size, or those on the command line, and write the page."""
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    results = [measured for size in sizes for measured in bench(size)]
    PAGE.write_text(page(results), encoding="utf-8")
    sys.stdout.write(page(results))


if __name__ == "__main__":
    main()
