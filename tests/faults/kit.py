"""What fault tests share: a world after its first day, its state as plain values, runs that die."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from matchback.config import load_config
from tests.fixtures.slack_double import SlackDouble
from tests.runs import CACHE, Finished, matchback
from tests.worlds import World, build_world

SECONDS_TO_DIE = 10
STEPS = ("load", "scan for personal data", "build", "audit", "publish", "alert", "report")
# One victim each: some fall on the first day, whose incidents then end, some on the second.
LEAKS = tuple(
    f"{name}=1"
    for name in (
        "plain_pii", "clock_skew", "never_hash", "hash_format", "test_event_in_production",
        "action_source_missing", "secret_in_log", "client_duplicate", "duplicate_server",
        "load_bad_lines",
    )
)  # fmt: skip
# What differs between two runs over the same facts, and whole tables that keep one set a run.
OF_A_RUN = frozenset({"run_id", "run_at", "first_seen_at"})
ONE_SET_A_RUN = frozenset({"fct_check_results", "agg_health_score"})
LINE = re.compile(r"^\S+ \*(?P<check>[^*]+)\*(?: \((?P<dimension>.*)\))?: (?P<state>[a-z ]+)")

Line = tuple[str, str, str]


@dataclass(frozen=True)
class TwoDays:
    """A world whose first day was run and whose second day has just arrived."""

    folder: Path
    first: str
    second: str
    as_of: str

    def copy(self, folder: Path, slack_url: str) -> "TwoDays":
        """Return the same world elsewhere, with its alerts going to another place."""
        shutil.copytree(self.folder, folder)
        point_alerts_to(folder, slack_url)
        return TwoDays(folder, self.first, self.second, self.as_of)

    def command(self, day: str) -> tuple[str, ...]:
        """Return the run of one day."""
        return ("run", "--date", day, "--as-of", self.as_of)

    def run(self, day: str) -> Finished:
        """Run one day to its end."""
        return matchback(self.folder, *self.command(day))


def two_days(folder: Path, slack_url: str) -> TwoDays:
    """Write a leaky world, run its first day, then deliver the files of the second."""
    world = build_world(folder, days=2, events_per_day=250, leaks=LEAKS, seed=11)
    first, second = (str(world.truth[name]) for name in ("start", "end"))
    later = _files_of(world, second)
    for path in later:
        path.rename(folder / path.name)
    made = TwoDays(folder, first, second, world.as_of)
    point_alerts_to(folder, slack_url)
    finished = made.run(first)
    assert finished.code == 1, finished.stderr
    for path in later:
        (folder / path.name).rename(path)
    return made


def point_alerts_to(folder: Path, slack_url: str) -> None:
    """Let a world tell Slack, without reminders."""
    config = folder / "matchback.yml"
    kept = [
        line
        for line in config.read_text(encoding="utf-8").splitlines()
        if not line.startswith("alerts:")
    ]
    kept.append(f'alerts: {{slack_webhook_url: "{slack_url}", remind_after_hours: 0}}')
    config.write_text("\n".join(kept) + "\n", encoding="utf-8")


def _files_of(world: World, day: str) -> list[Path]:
    stamps = (day, day.replace("-", ""))
    return [
        path
        for path in (world.path / "data").rglob("*")
        if path.is_file() and any(stamp in path.name for stamp in stamps)
    ]


@dataclass
class State:
    """Everything that must not differ: tables by hash, incidents, outbox."""

    published: dict[str, str]
    landed: dict[str, str]
    incidents: Counter[tuple[str, ...]]
    outbox: Counter[tuple[str, ...]]


def state_of(folder: Path) -> State:
    """Read the state of a warehouse that nobody holds."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        incidents = connection.execute(
            "select check_id, dataset_id, dimension, state, severity, evidence, money_at_risk "
            "from ops.alert_incidents"
        ).fetchall()
        outbox = connection.execute(
            "select incident.check_id, incident.dimension, notice.kind, notice.status "
            "from ops.alert_outbox as notice inner join ops.alert_incidents as incident "
            "using (incident_id)"
        ).fetchall()
        return State(
            published=_hashes(connection, "marts"),
            landed=_hashes(connection, "landing") | _hashes(connection, "quarantine"),
            incidents=Counter(incidents),
            outbox=Counter(outbox),
        )


def published_of(folder: Path) -> dict[str, str]:
    """Return an ordered hash per published table, of all its columns and rows."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        return _hashes(connection, "marts", leave_out=frozenset())


def _hashes(
    connection: duckdb.DuckDBPyConnection, schema: str, leave_out: frozenset[str] = OF_A_RUN
) -> dict[str, str]:
    columns: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from information_schema.columns "
        "where table_schema = ? order by table_name, ordinal_position",
        [schema],
    ).fetchall():
        columns.setdefault(table, []).append(column)
    hashes = {}
    for table, names in columns.items():
        is_newest = "where true"
        if leave_out and table in ONE_SET_A_RUN:
            is_newest = f"where run_id = (select max(run_id) from {schema}.{table})"
        listed = ", ".join(f'"{name}"' for name in names if name not in leave_out)
        [(digest,)] = connection.execute(
            "select md5(string_agg(line, chr(10) order by line)) from "
            f"(select cast(row({listed}) as varchar) as line from {schema}.{table} {is_newest})"
        ).fetchall()
        hashes[f"{schema}.{table}"] = str(digest)
    return hashes


def rows_not_accounted_for(folder: Path) -> int:
    """Return by how many rows landing differs from what the ledger says it holds."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        tables = [
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.columns "
                "where table_schema = 'landing' and column_name = 'row_number' "
                "and table_name not in ('pii_hits', 'pii_scans')"
            ).fetchall()
        ]
        held = " union all ".join(
            f"select file_name, count(*) as row_count from landing.{table} group by file_name"
            for table in tables
        )
        [(difference,)] = connection.execute(
            f"""
            with promised as (
                select file_name, arg_max(rows_loaded, rowid) as row_count
                from landing.load_ledger where error is null group by file_name
            ),
            held as ({held})
            select coalesce(sum(abs(
                coalesce(promised.row_count, 0) - coalesce(held.row_count, 0)
            )), 0)
            from promised full join held using (file_name)
            """
        ).fetchall()
        return int(difference)


def lines_sent(double: SlackDouble) -> Counter[Line]:
    """Count what Slack got (answered or not) by check, dimension and state."""
    said: Counter[Line] = Counter()
    for payload in list(double.requests):
        for block in payload.get("blocks", []):
            found = LINE.match(block.get("text", {}).get("text", ""))
            if found:
                said[found["check"], found["dimension"] or "all", found["state"].strip()] += 1
    return said


@dataclass
class Dying:
    """A run in a process group of its own, followed by the steps it says it has ended."""

    folder: Path
    command: tuple[str, ...]
    process: subprocess.Popen[str] = field(init=False)
    said: str = ""

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "matchback", *self.command],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "CI": "true", **CACHE},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def die_in(self, step: str, after_seconds: float) -> bool:
        """Kill the whole group so long after a step began; False when the run was over before."""
        before = STEPS.index(step)
        if before:
            self.read_until(STEPS[before - 1])
        time.sleep(after_seconds)
        is_alive = self.process.poll() is None
        if is_alive:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.finish()
        self._wait_for_children()
        return is_alive

    def _wait_for_children(self) -> None:
        """Wait until no child holds the warehouse any more; a large one takes a moment to die."""
        path = self.folder / "warehouse.duckdb"
        deadline = time.monotonic() + SECONDS_TO_DIE
        while path.exists() and time.monotonic() < deadline:
            try:
                duckdb.connect(str(path)).close()
            except duckdb.IOException:
                time.sleep(0.05)
            else:
                return

    def finish(self) -> Finished:
        """Let the run come to its end."""
        assert self.process.stderr is not None
        self.said += self.process.stderr.read()
        return Finished(self.process.wait(), "", self.said)

    def read_until(self, step: str) -> None:
        """Wait until a step has ended."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line
            if line.startswith(f"{step}:"):
                return


def seconds_of(finished: Finished) -> dict[str, float]:
    """Return how long each step of a finished run took, as it said itself."""
    found = re.findall(r"^([a-z ]+): (\d+\.\d) s$", finished.stderr, re.MULTILINE)
    return {name: float(seconds) for name, seconds in found}


def config_of(folder: Path) -> object:
    """Return the validated config of a world."""
    return load_config(folder / "matchback.yml", {})


def last_run(folder: Path) -> dict[str, object]:
    """Return the newest run as the warehouse remembers it."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        cursor = connection.execute("select * from ops.runs order by run_id desc limit 1")
        names = [column[0] for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


def as_text(payloads: list[dict]) -> str:
    """Return Slack payloads as one text."""
    return json.dumps(payloads, ensure_ascii=False)
