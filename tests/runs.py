"""Whole runs for tests: call the console script in a folder, read what it published."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from matchback.build.dbt import dbt_environment
from matchback.build.dbt_process import Request
from matchback.config import Config
from matchback.core.resources import PACKAGE_ROOT

# What dbt parsed, once for all folders of all tests of this checkout.
CHECKOUT = hashlib.sha256(str(PACKAGE_ROOT).encode()).hexdigest()[:8]
CACHE = {"MATCHBACK_CACHE": f"{tempfile.gettempdir()}/matchback-tests-{os.getuid()}-{CHECKOUT}"}
STATUS_ORDER = ["fail", "warn", "pass", "insufficient_data", "unknown"]


@dataclass(frozen=True)
class Finished:
    """A finished command: its exit code and what it printed."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> dict[str, Any]:
        """Return the object that --json printed."""
        return json.loads(self.stdout)


def matchback(
    folder: Path,
    *arguments: str,
    environment: dict[str, str] | None = None,
    stdin: str = "",
    module: str = "matchback",
) -> Finished:
    """Run the console script in a folder, without any Prefect API."""
    finished = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={
            **{"PATH": "/usr/bin:/bin", "HOME": str(folder), "CI": "true"},
            **CACHE,
            **(environment or {}),
        },
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(finished.returncode, finished.stdout, finished.stderr)


def run_window(folder: Path, start: str, end: str, as_of: str, *more: str) -> Finished:
    """Run the daily job over a window."""
    return matchback(folder, "run", "--start", start, "--end", end, "--as-of", as_of, *more)


def dbt_results(
    config: Config, *arguments: str, settings: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Run one dbt command in the process of a run and return what dbt wrote of its nodes."""
    request = Request(arguments=list(arguments), settings=settings or {}, first_memory=None)
    environment = dbt_environment(config, {"PATH": "/usr/bin:/bin", "HOME": "/tmp", **CACHE})
    finished = subprocess.run(
        [sys.executable, "-m", "matchback.build.dbt_process", str(config.root)],
        env=environment,
        cwd=PACKAGE_ROOT.parent,
        input=json.dumps(request) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-4000:]
    assert json.loads(finished.stdout)["is_success"], finished.stdout[-4000:]
    written = Path(environment["DBT_TARGET_PATH"]) / "run_results.json"
    results: list[dict[str, Any]] = json.loads(written.read_text(encoding="utf-8"))["results"]
    return results


class Published:
    """What a run published in a folder, in the shape of a truth file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "warehouse.duckdb"

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the warehouse."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def finding_counts(self) -> Counter[str]:
        """Return the number of findings per check."""
        return Counter(
            dict(self.rows("select check_id, count(*) from marts.fct_findings group by 1"))
        )

    def defects(self, check_id: str) -> dict[str, int]:
        """Return the number of findings of a check per defect."""
        return self._by("defect", check_id)

    def dates(self, check_id: str) -> dict[str, int]:
        """Return the number of findings of a check per date."""
        return self._by("cast(event_date as varchar)", check_id)

    def statuses(self) -> dict[str, str]:
        """Return each check with the worst status of its newest run."""
        worst: dict[str, str] = {}
        for check_id, status in self.rows(
            "select check_id, status from marts.fct_check_results "
            "where run_id = (select max(run_id) from marts.fct_check_results)"
        ):
            held = worst.get(check_id, status)
            worst[check_id] = min(held, status, key=STATUS_ORDER.index)
        return worst

    def health(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """Return the daily figures by date, canonical event and dataset."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            cursor = connection.execute("select * from marts.agg_event_health_daily")
            names = [column[0] for column in cursor.description]
            figures = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        return {
            (str(row["event_date"]), row["canonical_event"], row["dataset_id"]): row
            for row in figures
        }

    def hashes(self) -> dict[str, str]:
        """Return one ordered hash per published table; ids of runs and their times are left out."""
        hashes = {}
        for table, columns in self._columns().items():
            kept = [name for name in columns if name not in ("run_id", "run_at", "first_seen_at")]
            listed = ", ".join(kept)
            [(digest,)] = self.rows(
                f"select md5(string_agg(line, chr(10) order by line)) from "
                f"(select cast(row({listed}) as varchar) as line from marts.{table})"
            )
            hashes[table] = digest
        return hashes

    def _columns(self) -> dict[str, list[str]]:
        tables: dict[str, list[str]] = {}
        for table, column in self.rows(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = 'marts' order by table_name, ordinal_position"
        ):
            tables.setdefault(table, []).append(column)
        return tables

    def _by(self, expression: str, check_id: str) -> dict[str, int]:
        return dict(
            self.rows(
                f"select {expression}, count(*) from marts.fct_findings "
                f"where check_id = '{check_id}' group by 1"
            )
        )


def differences(truth: dict[str, Any], published: Published) -> list[str]:
    """Name everything in which the published tables differ from a truth file."""
    found = []
    counts = published.finding_counts()
    for check_id, expected in truth["findings"].items():
        if counts[check_id] != expected:
            found.append(f"{check_id}: {counts[check_id]} findings, expected {expected}")
    for check_id, expected in truth["defects"].items():
        if published.defects(check_id) != expected:
            found.append(f"{check_id}: defects {published.defects(check_id)}, expected {expected}")
    for check_id, expected in truth["finding_dates"].items():
        if published.dates(check_id) != expected:
            found.append(f"{check_id}: dates {published.dates(check_id)}, expected {expected}")
    statuses = published.statuses()
    for check_id, expected in truth["statuses"].items():
        if statuses.get(check_id) != expected:
            found.append(f"{check_id}: {statuses.get(check_id)}, expected {expected}")
    return found + _health_differences(truth["health"], published.health())


def _health_differences(
    expected_rows: list[dict[str, Any]], health: dict[tuple[str, str, str], dict[str, Any]]
) -> list[str]:
    found = []
    for expected in expected_rows:
        key = (expected["event_date"], expected["canonical_event"], expected["dataset_id"])
        figures = health.pop(key, None)
        if figures is None:
            found.append(f"{key}: no daily figures")
            continue
        for name, value in expected.items():
            if name == "event_date":
                continue
            seen = figures["pair_count" if name == "pairs" else name]
            if not _same(value, seen):
                found.append(f"{key} {name}: {seen}, expected {value}")
    return found + [f"{key}: unexpected daily figures" for key in health]


def _same(expected: object, seen: object) -> bool:
    if isinstance(expected, float) and isinstance(seen, float):
        return abs(expected - seen) < 1e-9
    return expected == seen
