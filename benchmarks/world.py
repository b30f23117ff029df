"""Worlds of any size for measuring, written by the engine: a healthy shop with a few leaks.

`python -m benchmarks.world OUT --events 1000000 --days 1 [--format parquet|json]`, then
`cd OUT && matchback run --date 2026-11-09 --as-of 2026-11-20T12:00:00Z`. `--skip 7` leaves out the
first seven days, so that a history can be continued.

Of the GA4 rows 5 % are conversions that the shop also sends to Meta, each in the tag's log and in
the gateway's; 0.3 % are orders; a tenth of the visitors denies. Page and item views are not sent,
which the written matchback.yml says.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from matchback.sources.ga4.tables import EXPORTED

FIRST_DAY = date(2026, 11, 9)
TIMEZONE = "Europe/Berlin"
DATASET_ID = "123456789012345"
SITE = "https://shop.example.com"
ROWS_PER_FILE = 1_000_000
EVENTS_PER_SESSION = 8
VISITORS_PER_SESSION = 0.7
MEMORY_LIMIT = "3GB"
MACROS = Path(__file__).parent / "sql" / "world.sql"
CONFIG = Path(__file__).parent / "matchback.yml"
# A text file without quoting: the lines are JSON already.
LINES = "(format csv, header false, quote '', escape '', delimiter e'\\x01', compression gzip)"


@dataclass(frozen=True)
class WorldSize:
    """How large a world is: GA4 events a day, days, those skipped, `parquet` or `json`.

    `memory_limit` is what its matchback.yml allows the engine.
    """

    events: int
    days: int = 1
    skip: int = 0
    ga4_format: str = "parquet"
    memory_limit: str | None = None

    @property
    def dates(self) -> list[date]:
        """Return the dates that are written."""
        return [FIRST_DAY + timedelta(days=number) for number in range(self.skip, self.days)]


def write_world_apart(folder: Path, size: WorldSize) -> None:
    """Write a world in a process of its own, so that its memory is given back."""
    options = {
        "--events": size.events,
        "--days": size.days,
        "--skip": size.skip,
        "--format": size.ga4_format,
        "--memory-limit": size.memory_limit,
    }
    given = [str(part) for pair in options.items() if pair[1] is not None for part in pair]
    command = [sys.executable, "-m", "benchmarks.world", str(folder), *given]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[1])


def write_world(folder: Path, size: WorldSize) -> None:
    """Write sources and config of every date of a world; earlier files stay."""
    for name in ("ga4", "capi", "crm", "consent"):
        (folder / "data" / name).mkdir(parents=True, exist_ok=True)
    suffix = "parquet" if size.ga4_format == "parquet" else "json.gz"
    limit = f", memory_limit: {size.memory_limit}" if size.memory_limit else ""
    config = CONFIG.read_text(encoding="utf-8").format(suffix=suffix, limit=limit)
    (folder / "matchback.yml").write_text(config, encoding="utf-8")
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute(f"set temp_directory = '{folder / '.spilled'}'")
        connection.execute(MACROS.read_text(encoding="utf-8"))
        for number, day in enumerate(size.dates, start=size.skip):
            _set_day(connection, number, day, size.events)
            _write_day(connection, folder / "data", day, size)


def _set_day(connection: duckdb.DuckDBPyConnection, number: int, day: date, events: int) -> None:
    midnight, next_midnight = (_midnight(day + timedelta(days=more)) for more in (0, 1))
    sessions = -(-events // EVENTS_PER_SESSION)
    values: dict[str, int | str] = {
        "day": number,
        "event_date": f"{day:%Y%m%d}",
        "midnight": midnight,
        "day_micros": next_midnight - midnight,
        "events": events,
        "sessions": sessions,
        "visitors": max(1, round(sessions * VISITORS_PER_SESSION)),
        "dataset_id": DATASET_ID,
        "site": SITE,
        "timezone": TIMEZONE,
    }
    for name, value in values.items():
        connection.execute(f"set variable {name} = $value", {"value": value})


def _midnight(day: date) -> int:
    """Return the UTC microsecond at which a date begins."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(TIMEZONE))
    return int(local.astimezone(UTC).timestamp()) * 1_000_000


def _write_day(
    connection: duckdb.DuckDBPyConnection, data: Path, day: date, size: WorldSize
) -> None:
    for part, first in enumerate(range(0, size.events, ROWS_PER_FILE)):
        rows = f"({first}, {min(first + ROWS_PER_FILE, size.events)})"
        stem = data / "ga4" / f"events_{day:%Y%m%d}_{part:03d}"
        if size.ga4_format == "parquet":
            _copy(connection, _ga4_rows(rows), stem.with_suffix(".parquet"), "(format parquet)")
        else:
            _copy(connection, _ga4_lines(rows), stem.with_suffix(".json.gz"), LINES)
    everything = f"(0, {size.events})"
    lines = {
        "capi/gtms": f"gtms_lines_between{everything}",
        "capi/gateway": f"gateway_lines_between{everything}",
        "consent/consent": "consent_lines()",
    }
    for name, source in lines.items():
        suffix = ".json.gz" if name == "capi/gtms" else ".jsonl.gz"
        path = data / f"{name}_{day:%Y%m%d}{suffix}"
        _copy(connection, f"select line from {source} order by happened_at", path, LINES)
    orders = data / "crm" / f"orders_{day:%Y%m%d}.csv"
    _copy(connection, f"select * from orders_between{everything}", orders, "(format csv, header)")


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path, options: str) -> None:
    connection.execute(f"copy ({query}) to '{path}' {options}")


def _ga4_rows(rows: str) -> str:
    """Return SQL of exported rows in the types of the whole export schema."""
    known = _columns_of_macro()
    columns = ", ".join(
        f"cast({name if name in known else 'null'} as {kind}) as {name}"
        for name, kind in export_types().items()
    )
    return f"select {columns} from ga4_rows_between{rows}"


def _ga4_lines(rows: str) -> str:
    """Return SQL of exported rows as BigQuery writes them to JSON: INT64 as text, no nulls."""
    columns = ", ".join(
        f"{name} := cast({name} as {re.sub('bigint', 'varchar', kind, flags=re.IGNORECASE)})"
        for name, kind in export_types().items()
    )
    return f"select without_nulls(to_json(struct_pack({columns}))) from ({_ga4_rows(rows)})"


def json_columns() -> str:
    """Return the columns of an export as JSON for read_json."""
    return ", ".join(f"{name}: '{kind}'" for name, kind in export_types().items())


def export_types() -> dict[str, str]:
    """Return the exported columns with the engine's types, as the landing table declares them."""
    return {column.name: column.type.sql("duckdb") for column in EXPORTED}


def _columns_of_macro() -> set[str]:
    text = MACROS.read_text(encoding="utf-8")
    body = text[text.index("macro ga4_rows_between") : text.index("from known")]
    return set(re.findall(r" as (\w+)(?:,|\n)", body))


def main() -> None:
    """Write one world."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--events", type=int, default=1_000_000, help="GA4 events a day")
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--skip", type=int, default=0, help="days at the start left out")
    parser.add_argument("--format", choices=("parquet", "json"), default="parquet")
    parser.add_argument("--memory-limit", help="what the written matchback.yml allows")
    given = parser.parse_args()
    size = WorldSize(given.events, given.days, given.skip, given.format, given.memory_limit)
    write_world(given.out, size)


if __name__ == "__main__":
    main()
