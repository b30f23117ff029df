"""Other tools on the same files: each gets its own environment, made here and thrown away."""

import json
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.floor import count_texts
from benchmarks.measure import CommandFailedError, measure
from benchmarks.world import WorldSize, write_world_apart

SCRIPTS = Path(__file__).parent / "peers"
INSTALL_SECONDS = 900
STOPPED = 124


@dataclass(frozen=True)
class Peer:
    """A tool: its script, its packages, what of the checks it does, what must be said."""

    name: str
    script: str
    packages: tuple[str, ...]
    checks: str
    is_flat: bool = True


PEERS = (
    Peer(
        "pandas merge",
        "pandas_merge.py",
        ("pandas", "pyarrow"),
        "match rate, duplicates, nulls, personal data; flattens by itself",
        is_flat=False,
    ),
    Peer(
        "Soda Core",
        "soda_checks.py",
        ("soda-core-duckdb",),
        "match rate, duplicates, nulls, personal data",
    ),
    Peer(
        "Great Expectations on pandas",
        "gx_checks.py",
        ("great-expectations", "pandas", "pyarrow"),
        "match rate, duplicates, nulls, personal data",
    ),
    Peer(
        "datacompy on polars",
        "datacompy_polars.py",
        ("datacompy", "polars", "pyarrow"),
        "match rate; polars itself for duplicates, nulls and personal data",
    ),
    Peer(
        "data-diff, joindiff",
        "data_diff_join.py",
        # dbt-core 1.12 downloads a parser while it is installed.
        ("data-diff", "duckdb", "dbt-core<1.12"),
        "match rate only",
    ),
    Peer(
        "Presidio's patterns",
        "presidio_patterns.py",
        ("presidio-analyzer", "duckdb", "pyarrow"),
        "personal data only, on a sample of the texts",
    ),
)
ELEMENTARY = {
    "name": "Elementary",
    "skipped": "a dbt package that `dbt deps` fetches from outside the package registries; "
    "it is not measured",
}


def peers(
    folder: Path, events: int, environments: Path, seconds: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """Measure every peer on one world; `seconds` is the most that one may take."""
    say(f"other tools on {events:,} events")
    if not (folder / "data").exists():
        write_world_apart(folder, WorldSize(events))
    flat = folder / "flat"
    command = [sys.executable, "-m", "benchmarks.peers.flat", str(folder), str(flat)]
    prepared, _ = measure(command, Path(__file__).parents[1])
    results = [_measured(peer, folder, flat, environments, seconds, say) for peer in PEERS]
    return {
        "events": events,
        "texts": count_texts(folder),
        "flattening": prepared.as_json(),
        "peers": [*results, ELEMENTARY],
    }


def _measured(
    peer: Peer,
    world: Path,
    flat: Path,
    environments: Path,
    seconds: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    say(f"  {peer.name}")
    told = {"name": peer.name, "checks": peer.checks, "is_flat": peer.is_flat}
    try:
        python = _environment(environments / Path(peer.script).stem, peer.packages)
    except (subprocess.SubprocessError, OSError):
        return told | {"skipped": "its packages could not be installed here"}
    command = ["timeout", str(seconds), str(python), peer.script, str(world), str(flat)]
    try:
        cost, output = measure(command, SCRIPTS, accepted_codes=(0, STOPPED))
    except CommandFailedError as error:
        say(f"  {error}")
        return told | {"skipped": "it is installed, but its script failed here"}
    if not output.strip():
        return told | {"skipped": f"it was stopped after {seconds // 60} minutes"}
    found = json.loads(output.strip().splitlines()[-1])
    return told | cost.as_json() | {"found": found}


def _environment(folder: Path, packages: tuple[str, ...]) -> Path:
    """Return the interpreter of an environment that holds these packages."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", *packages],
        check=True,
        timeout=INSTALL_SECONDS,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return python
