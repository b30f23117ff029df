"""`make bench`: measures the parts that are asked for and writes docs/performance.md.

    python -m benchmarks                                # what make bench runs
    python -m benchmarks size --sizes 1000000 20000000  # some sizes only
    python -m benchmarks history --history-events 20000 # one part; the others keep their figures
    python -m benchmarks page                           # the page again, from the figures at hand

Figures stay in docs/performance.json, each part with the time, the commit and the machine's load,
so that parts can be measured one by one when the machine is quiet.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from benchmarks import parts
from benchmarks.bigquery_costs import bytes_by_model
from benchmarks.compare import peers
from benchmarks.page import write_page

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "docs" / "performance.json"
PARTS = ("tiny", "size", "json", "explain", "history", "peers", "bigquery", "page")
DEFAULT_SIZES = (1_000_000, 5_000_000)
COMPARED = 1_000_000
HISTORY_EVENTS = 10_000
PEER_SECONDS = 1800


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, keep the figures, write the page."""
    given = _parse(arguments)
    figures = orjson.loads(FIGURES.read_bytes()) if FIGURES.exists() else {}
    with _workplace(given.folder) as folder:
        for part in given.parts:
            measured = _measure(part, given, folder, figures)
            if measured is not None:
                _keep(part, measured, figures)
    write_page(figures, ROOT / "docs")
    _say(f"Written: {FIGURES.parent / 'performance.md'}")


def _measure(part: str, given: argparse.Namespace, folder: Path, figures: dict[str, Any]) -> Any:  # noqa: ANN401 - figures of any shape
    if part == "tiny":
        return parts.tiny(parts.fresh(folder / "tiny"), _say)
    if part == "size":
        known = {one["events"]: one for one in figures.get("size", {}).get("figures", [])}
        for events in given.sizes:
            known[events] = parts.size(parts.fresh(folder / f"size_{events}"), events, _say)
            # The next size may take the machine down; what is measured stays.
            _keep(part, [known[one] for one in sorted(known)], figures)
        return [known[events] for events in sorted(known)]
    if part == "json":
        return parts.gzipped_json(parts.fresh(folder / "json"), given.compared, _say)
    if part == "explain":
        return parts.explain(_largest(folder), _say)
    if part == "history":
        place = parts.fresh(folder / "history")
        return parts.history(place, given.history_events, given.history_days, _say)
    if part == "peers":
        place, environments = folder / "peers", folder / "environments"
        return peers(place, given.compared, environments, given.peer_seconds, _say)
    return bytes_by_model() if part == "bigquery" else None


def _keep(part: str, measured: Any, figures: dict[str, Any]) -> None:  # noqa: ANN401
    figures[part] = {**_circumstances(), "figures": measured}
    FIGURES.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2) + b"\n")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(DEFAULT_SIZES))
    parser.add_argument("--compared", type=int, default=COMPARED, help="events for json and peers")
    parser.add_argument("--history-events", type=int, default=HISTORY_EVENTS)
    parser.add_argument("--history-days", type=int, nargs="+", default=list(parts.HISTORY_DAYS))
    parser.add_argument("--peer-seconds", type=int, default=PEER_SECONDS)
    parser.add_argument("--folder", type=Path, help="where worlds are written and kept")
    given = parser.parse_args(arguments)
    given.parts = given.parts or list(PARTS)
    if unknown := sorted(set(given.parts) - set(PARTS)):
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return given


@contextmanager
def _workplace(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="matchback-bench-") as name:
        yield Path(name)


def _largest(folder: Path) -> Path:
    """Return the world whose warehouse is the largest of those measured so far."""
    warehouses = list(folder.glob("*/warehouse.duckdb"))
    if not warehouses:
        sys.exit("explain needs a warehouse: measure `size` before it, in the same --folder.")
    return max(warehouses, key=lambda path: path.stat().st_size).parent


def _circumstances() -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="minutes"),
        "commit": commit.stdout.strip() or None,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {_memory_gib()} GiB, "
        f"{platform.system()}, Python {platform.python_version()}",
    }


def _memory_gib() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _say(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
