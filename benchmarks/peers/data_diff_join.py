"""data-diff, joindiff on DuckDB: client against server events by key; it knows no other check."""

import duckdb
from common import FLAT, say
from data_diff import Algorithm, connect_to_table, diff_tables

database = FLAT / "data_diff.duckdb"
database.unlink(missing_ok=True)
names = "event_key, event_id, cast(value as decimal(18, 2)) as value, currency, order_id"
with duckdb.connect(str(database)) as connection:
    connection.execute(
        f"create table client as select distinct on (event_key) {names} "
        f"from '{FLAT}/client.parquet' where event_name in ('purchase', 'begin_checkout', "
        "'add_to_cart', 'generate_lead', 'sign_up')"
    )
    connection.execute(f"create table server as select {names} from '{FLAT}/server.parquet'")
source = {"driver": "duckdb", "filepath": str(database)}
columns = ("event_id", "value", "currency", "order_id")
client, server = (
    connect_to_table(source, name, "event_key", extra_columns=columns)
    for name in ("client", "server")
)
differences = list(diff_tables(client, server, algorithm=Algorithm.JOINDIFF))
say(differences=len(differences))
