"""The floor beside which a run is measured: sql/floor.sql and a scan of every text, nothing else.

`python -m benchmarks.floor WORLD DATABASE` prints one JSON object: seconds of CPU by step and the
day's figures, so that they can be held against matchback's.
"""

import argparse
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import orjson

from benchmarks.world import MEMORY_LIMIT, json_columns
from matchback.sources.ga4.tables import EXPORTED
from matchback.warehouse.tables import Type, text_leaves

SCRIPT = Path(__file__).parent / "sql" / "floor.sql"
# Ids that hold numbers by design; everything else that is text is looked at.
UNSCANNED_PARAMS = ("event_id", "transaction_id")
UNSCANNED_COLUMNS = ("event_date", "user_pseudo_id", "ecommerce.transaction_id")
PERSONAL = "|".join(
    (
        r"[\w.+-]+(?:@|%(?:25)*40)[\w-]+\.[A-Za-z]{2,}",
        r"(?:\+|%2B)[0-9](?:[ ()/.-]?[0-9]){7,}",
        r"\b[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]){11,30}\b",
        r"\b(?:[0-9]{4}[ -]?){3}[0-9]{4}\b",
        r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b",
    )
)
IP_ADDRESS = r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b"


def run_floor(world: Path, database: Path) -> dict[str, object]:
    """Run every step into a new database and return seconds, hits and figures."""
    seconds: dict[str, float] = {}
    with duckdb.connect(str(database)) as connection:
        open_inputs(connection, world)
        for name, statements in (*floor_steps(world), *_scans(world / "data")):
            started = time.process_time()
            for statement in statements:
                connection.execute(statement)
            seconds[name] = round(time.process_time() - started, 3)
        figures = connection.sql("from daily order by canonical_event")
        daily = [dict(zip(figures.columns, row, strict=True)) for row in figures.fetchall()]
        hits = connection.sql("select count(*) from personal").fetchall()[0][0]
    return {"cpu_seconds": seconds, "hits": hits, "daily": daily}


def open_inputs(connection: duckdb.DuckDBPyConnection, world: Path) -> None:
    """Set up a connection: its memory and the file patterns of a world."""
    connection.execute("set enable_progress_bar = false")
    connection.execute("set preserve_insertion_order = false")
    connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
    patterns = {"gtms": "capi/gtms_*", "gateway": "capi/gateway_*", "orders": "crm/orders_*"}
    for name, pattern in patterns.items():
        path = str(world / "data" / pattern)
        connection.execute(f"set variable {name} = $path", {"path": path})


def floor_steps(world: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the name and the statements of each step up to the daily figures."""
    data = world / "data"
    yield "read", _read(data, is_json=any((data / "ga4").glob("*.json.gz")))
    text = SCRIPT.read_text(encoding="utf-8")
    for name, body in re.findall(r"-- step: (.+)\n((?:(?!-- step).*\n)*)", text):
        yield name, [statement for statement in body.split(";\n") if statement.strip()]


def _read(data: Path, *, is_json: bool) -> list[str]:
    """Parquet is read where it lies; JSON is parsed once."""
    if not is_json:
        return [f"create view raw_events as select * from read_parquet('{data}/ga4/*.parquet')"]
    return [
        "create temp table raw_events as select * from "
        f"read_json('{data}/ga4/*.json.gz', format = 'newline_delimited', "
        f"columns = {{{json_columns()}}})"
    ]


def _scans(data: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the scan of the GA4 rows and of the logs, field by field; distinct values first."""
    columns = ga4_columns()
    matching = f"regexp_matches(content, '{PERSONAL}|{IP_ADDRESS}')"
    texts = " union all ".join(
        f"select '{leaf}' as path, content from (select distinct {leaf} as content from raw_events)"
        for leaf in scanned_leaves(columns)
    )
    queries = (
        f"with texts as materialized ({texts}) select path, content from texts where {matching}",
        *(_of_parameters(name, matching) for name in ("event_params", "user_properties")),
        _of_items(columns["items"], matching),
    )
    yield (
        "scan of GA4 texts",
        [
            "create table personal (path varchar, content varchar)",
            *(f"insert into personal {query}" for query in queries),
        ],
    )
    yield "scan of the logs", [f"insert into personal {_of_logs(data)}"]


def scanned_leaves(columns: dict[str, Type]) -> list[str]:
    """Return the text columns and struct fields that are looked at."""
    return [leaf for leaf in text_leaves(columns) if leaf not in UNSCANNED_COLUMNS]


def _of_parameters(column: str, matching: str) -> str:
    unscanned = ", ".join(f"'{name}'" for name in UNSCANNED_PARAMS)
    return (
        f"select '{column}.' || name, content from (select distinct entry.key as name, "
        "entry.value.string_value as content "
        f"from (select unnest({column}) as entry from raw_events)) "
        f"where content is not null and name not in ({unscanned}) and {matching}"
    )


def _of_items(items: Type, matching: str) -> str:
    fields = ", ".join(
        f"{{path: 'items.{name}', found: list(distinct item.{name})}}"
        for name, kind in items.fields.items()
        if kind.is_text
    )
    return (
        f"select path, content from (select field.path as path, unnest(field.found) as content "
        f"from (select unnest([{fields}]) as field from "
        f"(select unnest(items) as item from raw_events where len(items) > 0))) where {matching}"
    )


def _of_logs(data: Path) -> str:
    """A log line is one text; addresses and agents stand in it by design."""
    return " union all ".join(
        f"select '{name}', line from read_csv('{data}/capi/{name}_*', "
        "columns = {line: 'varchar'}, delim = e'\\x01', quote = '', escape = '', "
        "header = false, auto_detect = false, "
        f"max_line_size = 16000000) where regexp_matches(line, '{PERSONAL}')"
        for name in ("gtms", "gateway")
    )


def count_texts(world: Path) -> int:
    """Return how many texts of a world's Parquet rows a scan looks at."""
    columns = ga4_columns()
    scalars = " + ".join(f"count({leaf})" for leaf in scanned_leaves(columns))
    lists = " + ".join(
        f"coalesce(sum(len(list_filter({name}, lambda entry: entry.value.string_value is not null "
        f"and entry.key not in {UNSCANNED_PARAMS}))), 0)"
        for name in ("event_params", "user_properties")
    )
    items = " + ".join(
        f"coalesce(sum(len(list_filter(items, lambda item: item.{name} is not null))), 0)"
        for name, kind in columns["items"].fields.items()
        if kind.is_text
    )
    rows = f"read_parquet('{world}/data/ga4/*.parquet')"
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        found = connection.execute(f"select {scalars} + {lists} + {items} from {rows}").fetchall()
    return int(found[0][0])


def ga4_columns() -> dict[str, Type]:
    """Return the exported columns with their types."""
    return {column.name: column.type for column in EXPORTED}


def main() -> None:
    """Run the floor once."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("world", type=Path)
    parser.add_argument("database", type=Path)
    given = parser.parse_args()
    result = run_floor(given.world, given.database)
    sys.stdout.write(orjson.dumps(result, default=str).decode() + "\n")


if __name__ == "__main__":
    main()
