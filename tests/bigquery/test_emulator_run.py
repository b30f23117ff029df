"""The whole daily run on the emulator, twice, with late and changed days, equals DuckDB's."""

import gzip
import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from matchback.warehouse.bigquery import BigQueryWarehouse
from tests.bigquery.emulator import PROJECT, Emulator, running_emulator
from tests.bigquery.test_whole_day import LEAKS
from tests.runs import Finished, matchback

pytest.importorskip("bqemulator", reason="the BigQuery emulator is not installed")
pytestmark = pytest.mark.slow

START, END, AS_OF = "2026-11-08", "2026-11-11", "2026-11-22T12:00:00Z"
WORLD = ("--days", "4", "--events-per-day", "300", "--seed", "7", "--start", START)
DUCKDB = "warehouse: {engine: duckdb, path: warehouse.duckdb}"
BIGQUERY = f"warehouse: {{engine: bigquery, project: {PROJECT}, location: EU}}"
# landing.ga4_events shows what these two hold.
ONLY_IN_DUCKDB = {"landing.ga4_rows", "landing.ga4_shards"}
# Two runs have two ids; a shard_state digests the SQL of its engine.
NOT_COMPARED = {"run_id", "shard_state"}
OWN_COLUMNS = {
    # Each engine's files were written at their own time; each warehouse digests by its own key.
    "landing.load_ledger": {"modified_at"},
    "landing.pii_hits": {"digest"},
}
LAYERS = ("landing", "quarantine", "work", "marts_next", "marts")

Rows = Counter[tuple[Any, ...]]


@dataclass(frozen=True)
class Twice:
    """The same two runs on both engines."""

    emulator: list[Finished]
    duckdb: list[Finished]
    bigquery: BigQueryWarehouse
    duck: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twice]:
    folder = tmp_path_factory.mktemp("engines")
    leaks = [part for leak in LEAKS for part in ("--leak", f"{leak}=1")]
    made = matchback(
        folder, "simulate", "--out", "whole", *WORLD, "--format", "gateway_audit", *leaks
    )
    assert made.code == 0, made.stderr
    for engine in ("duckdb", "bigquery"):
        _first_days(folder / "whole", folder / engine)
    config = folder / "bigquery" / "matchback.yml"
    config.write_text(config.read_text(encoding="utf-8").replace(DUCKDB, BIGQUERY))
    with running_emulator(folder) as emulator:
        on_bigquery = _both_runs(folder / "whole", folder / "bigquery", emulator)
        on_duckdb = _both_runs(folder / "whole", folder / "duckdb", None)
        duck = duckdb.connect(str(folder / "duckdb" / "warehouse.duckdb"), read_only=True)
        duck.execute("set TimeZone = 'UTC'")
        yield Twice(on_bigquery, on_duckdb, emulator.warehouse(), duck)


def test_both_engines_come_to_the_same_verdict(runs: Twice) -> None:
    for on_bigquery, on_duckdb in zip(runs.emulator, runs.duckdb, strict=True):
        assert on_bigquery.code == on_duckdb.code == 1, on_bigquery.stderr
        found, expected = on_bigquery.json(), on_duckdb.json()
        for part in ("window", "grade", "checks", "findings", "published", "loads"):
            assert found[part] == expected[part]


def test_every_table_and_view_holds_the_same_rows_on_both_engines(runs: Twice) -> None:
    relations = _relations(runs.duck)

    different = {
        name: (sum(mine.values()), sum(other.values()))
        for name, columns in relations.items()
        if (mine := _of_bigquery(runs, name, columns)) != (other := _of_duckdb(runs, name, columns))
    }

    assert len(relations) > 100
    assert different == {}


def test_published_tables_have_the_same_ordered_hash(runs: Twice) -> None:
    published = {
        name: columns
        for name, columns in _relations(runs.duck).items()
        if name.startswith("marts.")
    }

    empty = set()
    for name, columns in published.items():
        mine = _of_bigquery(runs, name, columns)
        if not mine:
            empty.add(name)
        assert _ordered_hash(mine) == _ordered_hash(_of_duckdb(runs, name, columns)), name
    # Four days are too few for a schema to drift from its contract.
    assert empty <= {"marts.fct_schema_drift"}


def _first_days(whole: Path, folder: Path) -> None:
    """Leave out what comes late: rows of one GA4 day, another day, a log file."""
    shutil.copytree(whole, folder)
    changed = folder / "data" / "ga4" / "events_20261109.parquet"
    shard = pq.read_table(changed)
    pq.write_table(shard.slice(0, shard.num_rows - 40), changed)
    (folder / "data" / "ga4" / "events_20261110.parquet").unlink()
    (folder / "data" / "capi" / "gateway_20261109.jsonl.gz").unlink()


def _then(whole: Path, folder: Path) -> None:
    """Bring what was late, and a log file that repeats lines of another."""
    shutil.copytree(whole / "data", folder / "data", dirs_exist_ok=True)
    lines = gzip.decompress((whole / "data/capi/gateway_20261111.jsonl.gz").read_bytes())
    again = b"\n".join(lines.splitlines()[-20:]) + b"\n"
    (folder / "data/capi/gateway_20261112.jsonl.gz").write_bytes(gzip.compress(again))


def _both_runs(whole: Path, folder: Path, emulator: Emulator | None) -> list[Finished]:
    environment = emulator.environment if emulator else {}
    window = ("--start", START, "--end", END, "--as-of", AS_OF, "--json")
    first = matchback(folder, "run", *window, environment=environment)
    _then(whole, folder)
    return [first, matchback(folder, "run", *window, environment=environment)]


def _relations(duck: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Return the compared columns of every table and view that a run leaves."""
    listed = ", ".join(f"'{layer}'" for layer in LAYERS)
    relations: dict[str, list[str]] = {}
    for schema, table, column in duck.execute(
        "select table_schema, table_name, column_name from information_schema.columns "
        f"where table_schema in ({listed}) order by table_schema, table_name, ordinal_position"
    ).fetchall():
        name = f"{schema}.{table}"
        if name in ONLY_IN_DUCKDB:
            continue
        if column not in NOT_COMPARED | OWN_COLUMNS.get(name, set()):
            relations.setdefault(name, []).append(column)
    return relations


def _of_bigquery(runs: Twice, name: str, columns: Sequence[str]) -> Rows:
    listed = ", ".join(f"`{column}`" for column in columns)
    return _counted(runs.bigquery.rows(f"select {listed} from {name}"), lambda row: row.values())


def _of_duckdb(runs: Twice, name: str, columns: Sequence[str]) -> Rows:
    listed = ", ".join(f'"{column}"' for column in columns)
    return _counted(runs.duck.execute(f"select {listed} from {name}").fetchall(), lambda row: row)


def _counted(rows: Sequence[Any], values: Callable[[Any], Any]) -> Rows:
    return Counter(tuple(_plain(value) for value in values(row)) for row in rows)


def _plain(value: Any) -> Any:
    """Spell a value alike on both engines; BigQuery knows no difference of null and empty list."""
    if isinstance(value, list):
        return tuple(_plain(item) for item in value) or None
    if isinstance(value, dict):
        return tuple(_plain(item) for item in value.values())
    if isinstance(value, float):
        return round(value, 9)
    return value


def _ordered_hash(rows: Rows) -> str:
    lines = sorted(repr(tuple(_spelled(value) for value in row)) for row in rows.elements())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _spelled(value: Any) -> Any:
    """Give equal numbers one spelling: a whole number may come as any type."""
    if isinstance(value, tuple):
        return tuple(_spelled(item) for item in value)
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(Decimal(str(value)).normalize())
    return value
