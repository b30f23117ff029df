"""datacompy on polars frames for the match; polars itself for nulls, duplicates and texts."""

import datacompy
import polars as pl
from common import FLAT, KEYS, PERSONAL, say

client = pl.read_parquet(FLAT / "client.parquet")
server = pl.read_parquet(FLAT / "server.parquet")
names = ["event_key", "event_id", "value", "currency", "order_id"]
sent = client.select(names).unique("event_key").join(server, on="event_key", how="semi")
compare_class = getattr(datacompy, "PolarsCompare", None) or datacompy.polars.PolarsCompare
compare = compare_class(sent, server, join_columns=["event_key"], abs_tol=0.01)
compare.report()
texts = [name for name in client.columns if name not in KEYS]
personal = client.select(pl.col(name).str.contains(PERSONAL).sum() for name in texts)
say(
    matched=compare.intersect_rows.height,
    only_server=compare.df2_unq_rows.height,
    duplicates=client.height - client["event_key"].n_unique(),
    nulls={name: count for name, count in client.null_count().row(0, named=True).items() if count},
    personal=sum(value or 0 for value in personal.row(0)),
)
