"""Flat Parquet tables for the tools that know no nested rows: client and server events, orders.

`python -m benchmarks.peers.flat WORLD OUT`: client has one row per GA4 row and one column per text
that occurs (columns, parameters, items joined); server one per accepted server event.
"""

import sys
from pathlib import Path

import duckdb

from benchmarks.floor import (
    PERSONAL,
    UNSCANNED_PARAMS,
    floor_steps,
    ga4_columns,
    open_inputs,
    scanned_leaves,
)

STEPS = ("read", "delivery logs", "orders")


def write_flat_tables(world: Path, out: Path) -> None:
    """Write client.parquet, server.parquet, orders.parquet and the pattern of personal data."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "personal.txt").write_text(PERSONAL, encoding="utf-8")
    with duckdb.connect() as connection:
        open_inputs(connection, world)
        for name, statements in floor_steps(world):
            for statement in statements if name in STEPS else ():
                connection.execute(statement)
        queries = {
            "client": _client(connection),
            "server": "select meta_names.ga4_name || '|' || event_id as event_key, event_id, "
            "amount as value, currency, order_id from server_events "
            "inner join meta_names on event_name = meta_name where is_accepted",
            "orders": "select * from orders",
        }
        for name, query in queries.items():
            connection.execute(f"copy ({query}) to '{out / name}.parquet' (format parquet)")


def _client(connection: duckdb.DuckDBPyConnection) -> str:
    leaves = scanned_leaves(ga4_columns())
    counts = connection.execute(
        f"select {', '.join(f'count({leaf})' for leaf in leaves)} from raw_events"
    ).fetchall()[0]
    filled = [leaf for leaf, count in zip(leaves, counts, strict=True) if count]
    columns = [f'{leaf} as "{leaf.replace(".", "_")}"' for leaf in filled if leaf != "event_name"]
    keys = connection.execute(
        "select distinct entry.key from (select unnest(event_params) as entry from raw_events) "
        "where entry.value.string_value is not null order by 1"
    ).fetchall()
    columns += [
        f'{_param(key)}.string_value as "param_{key}"'
        for (key,) in keys
        if key not in UNSCANNED_PARAMS
    ]
    texts = [name for name, kind in ga4_columns()["items"].fields.items() if kind.is_text]
    item = ", ".join(f"item.{name}" for name in texts)
    columns.append(
        f"array_to_string(list_transform(items, lambda item: concat_ws(' ', {item})), ' ') "
        "as items_text"
    )
    event_id = f"{_param('event_id')}.string_value"
    value = _param("value")
    return (
        f"select event_name || '|' || {event_id} as event_key, event_name, {event_id} as event_id, "
        f"{_param('transaction_id')}.string_value as order_id, user_pseudo_id, "
        f"coalesce({value}.double_value, {value}.int_value) as value, "
        f"{_param('currency')}.string_value as currency, {', '.join(columns)} from "
        "(select *, list_transform(event_params, lambda entry: entry.key) as keys from raw_events)"
    )


def _param(key: str) -> str:
    return f"event_params[nullif(list_position(keys, '{key}'), 0)].value"


if __name__ == "__main__":
    write_flat_tables(Path(sys.argv[1]), Path(sys.argv[2]))
