"""Damaged files, a held warehouse, a wrong clock: refused or healed, never guessed around."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import fastavro
import pytest

from matchback.core.errors import WarehouseCorruptError
from matchback.opening import open_duckdb
from matchback.warehouse.lease import run_lease
from tests.faults.kit import (
    Dying,
    published_of,
    rows_not_accounted_for,
    state_of,
)
from tests.load_kit import Project, exchange, ga4_event, lines
from tests.runs import Finished, matchback
from tests.worlds import World, build_world

LEAVE_WAL = """
import os, signal, sys
from matchback.warehouse.duckdb import DuckDBWarehouse
warehouse = DuckDBWarehouse(__import__("pathlib").Path(sys.argv[1]))
warehouse.execute("set wal_autocheckpoint = '1TB'")
sql = "insert into ops.runs (run_id, message) values (?, ?)"
for number in range(200):
    warehouse.execute(sql, [str(number), "x" * 99])
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def folder(clean_run: World, tmp_path: Path) -> Path:
    shutil.copytree(clean_run.path, tmp_path / "world")
    return tmp_path / "world"


def run(world: World, folder: Path) -> Finished:
    window = ("--start", world.truth["start"], "--end", world.truth["end"])
    return matchback(folder, "run", *window, "--as-of", world.as_of)


def leave_wal(folder: Path) -> Path:
    """Write, then die before a checkpoint."""
    path = folder / "warehouse.duckdb"
    died = subprocess.run([sys.executable, "-c", LEAVE_WAL, str(path)], check=False)
    assert died.returncode == -signal.SIGKILL
    wal = path.with_name("warehouse.duckdb.wal")
    assert wal.stat().st_size > 10_000
    return wal


def flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def no_database(folder: Path) -> None:
    (folder / "warehouse.duckdb").write_bytes(b"this is no database" * 10_000)


def flipped_header(folder: Path) -> None:
    path = folder / "warehouse.duckdb"
    data = path.read_bytes()
    path.write_bytes(flipped(flipped(data, 4_100), 8_200))


def cut_in_half(folder: Path) -> None:
    path = folder / "warehouse.duckdb"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped_wal(folder: Path) -> None:
    wal = leave_wal(folder)
    wal.write_bytes(flipped(wal.read_bytes(), wal.stat().st_size // 2))


@pytest.mark.parametrize("damage", [no_database, flipped_header, cut_in_half, flipped_wal])
def test_a_damaged_warehouse_is_refused_in_a_sentence_and_not_touched(
    damage: Callable[[Path], None], clean_run: World, folder: Path
) -> None:
    damage(folder)
    files = sorted(folder.glob("warehouse.duckdb*"))
    before = [path.read_bytes() for path in files]

    finished = run(clean_run, folder)

    assert finished.code == 3
    unheard, sentence = finished.stderr.strip().splitlines()
    assert "no alert was sent" in unheard
    assert "cannot be opened" in sentence
    assert "nothing was changed" in sentence
    assert sorted(folder.glob("warehouse.duckdb*")) == files
    assert [path.read_bytes() for path in files] == before


def test_a_damaged_block_is_told_from_every_other_error(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with open_duckdb(path) as warehouse:
        warehouse.execute("create table held as select hash(i) as value from range(2000000) n(i)")
    data = path.read_bytes()
    for place in range(len(data) // 4, len(data) // 2, 2**18):
        data = flipped(data, place)
    path.write_bytes(data)

    with (
        open_duckdb(path, read_only=True) as warehouse,
        pytest.raises(WarehouseCorruptError, match="damaged inside") as refusal,
    ):
        warehouse.rows("select sum(value % 7) as value from held")
    assert refusal.value.exit_code == 3


def test_a_log_cut_short_loses_whole_commits_only(folder: Path) -> None:
    before = published_of(folder)
    wal = leave_wal(folder)
    wal.write_bytes(wal.read_bytes()[: wal.stat().st_size // 2])

    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        [(kept,)] = connection.execute(
            "select count(*) from ops.runs where message like 'x%'"
        ).fetchall()

    assert 0 < kept < 200
    assert published_of(folder) == before
    assert rows_not_accounted_for(folder) == 0


def test_a_second_run_exits_at_once_and_names_the_first(clean_run: World, folder: Path) -> None:
    before = published_of(folder)
    with run_lease(folder / ".matchback" / "run.lock", "20261122-first"):
        finished = run(clean_run, folder)

    assert finished.code == 3
    assert f"Run 20261122-first (process {os.getpid()})" in finished.stderr
    assert published_of(folder) == before


CUT = {
    "parquet": ("ga4", "data/events_20261112.parquet"),
    "avro": ("ga4", "data/events_20261112.avro"),
    "json.gz": ("ga4", "data/events_20261112.json.gz"),
    "csv": ("crm", "data/orders_1.csv"),
    "crm parquet": ("crm", "data/orders_1.parquet"),
    "log": ("capi", "data/log_20261112.jsonl.gz"),
}


def write_good(path: Path) -> None:
    """Write a sound file of ten rows, in the format that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    events = [ga4_event(number) for number in range(10)]
    orders = "select 'A' || i as \"Name\", '2026-11-12' as \"Created at\" from range(10) as n(i)"
    if path.name.startswith("events") and path.suffix == ".parquet":
        text = path.with_suffix(".tmp.json")
        text.write_text(lines(events), encoding="utf-8")
        duckdb.execute(f"copy (select * from read_json('{text}')) to '{path}' (format parquet)")
        text.unlink()
    elif path.suffix == ".avro":
        fields = [
            {"name": name, "type": ["null", "string", "long"]}
            for name in ("event_date", "event_timestamp", "event_name", "user_pseudo_id")
        ]
        schema = {"type": "record", "name": "Root", "fields": fields}
        with path.open("wb") as file:
            rows = [{field["name"]: event.get(field["name"]) for field in fields}
                    for event in events]  # fmt: skip
            fastavro.writer(file, schema, rows, codec="deflate")
    elif path.name.startswith("events"):
        path.write_bytes(gzip.compress(lines(events).encode(), mtime=0))
    elif path.suffix == ".csv":
        rows = [f'A{number},2026-11-12,"Grüße {number}"' for number in range(10)]
        path.write_text("\n".join(["Name,Created at,Note", *rows]) + "\n", encoding="utf-8")
    elif path.suffix == ".parquet":
        duckdb.execute(f"copy ({orders}) to '{path}' (format parquet)")
    else:
        log = lines(exchange(number) for number in range(10))
        path.write_bytes(gzip.compress(log.encode(), mtime=0))


@pytest.mark.parametrize("name", CUT)
def test_a_file_that_arrives_cut_off_loses_no_row_once_it_is_whole(
    name: str, tmp_path: Path
) -> None:
    source, file_name = CUT[name]
    sources = {
        "ga4": {"ga4": {"path": "data/events_*"}},
        "crm": {
            "crm": {
                "path": "data/orders_*",
                "columns": {"order_id": "Name", "ordered_at": "Created at"},
            }
        },
        "capi": {"capi": [{"format": "request_response", "path": "data/log_*"}]},
    }
    project = Project(tmp_path, sources[source])
    path = tmp_path / file_name
    write_good(path)
    whole = path.read_bytes()
    table = None if source != "capi" else "landing.capi_request_response"
    for size in (len(whole) // 3, len(whole) - 5):
        path.write_bytes(whole[:size])
        project.load()
        project.assert_conserved()
    path.write_bytes(whole)
    project.load()

    assert project.count(table) == 10
    assert project.quarantine() == []
    project.assert_conserved()
    project.warehouse.close()


@pytest.mark.slow
def test_of_two_runs_at_once_one_wins_and_the_other_says_so(tmp_path: Path) -> None:
    world = build_world(tmp_path / "world", days=1, events_per_day=150)
    command = ("run", "--date", world.truth["start"], "--as-of", world.as_of)
    both = [Dying(world.path, command) for _ in range(2)]
    ended = [one.finish() for one in both]

    assert sorted(one.code for one in ended) == [0, 3], ended
    assert sum("is using this warehouse" in one.stderr for one in ended) == 1


@pytest.mark.slow
def test_a_clock_that_is_a_day_off_heals_with_the_next_run(tmp_path: Path) -> None:
    states = []
    for clocks in ((0,), (1, 0), (-1, 0)):
        world = build_world(tmp_path / f"world{len(states)}", days=2, events_per_day=150)
        for offset in clocks:
            day = int(world.truth["today"][-2:]) + offset
            as_of = f"{world.truth['today'][:-2]}{day:02}T12:00:00Z"
            window = ("--start", world.truth["start"], "--end", world.truth["end"])
            finished = matchback(world.path, "run", *window, "--as-of", as_of)
            assert finished.code == 0, finished.stderr
        kept = matchback(world.path, "retention", "--yes", "--as-of", world.as_of)
        assert kept.code == 0, kept.stderr
        states.append(
            {
                name: digest
                for name, digest in state_of(world.path).published.items()
                if name not in ("marts.fct_check_results", "marts.agg_health_score")
            }
        )

    assert states[1] == states[0]
    assert states[2] == states[0]
