"""pandas: flatten with PyArrow, merge, and look at every text with one regular expression."""

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from common import PERSONAL, WORLD, say

META_NAMES = {
    "purchase": "Purchase",
    "begin_checkout": "InitiateCheckout",
    "add_to_cart": "AddToCart",
    "generate_lead": "Lead",
    "sign_up": "CompleteRegistration",
}
UNSCANNED = ("event_date", "user_pseudo_id", "transaction_id", "event_id")
PARAMS = ("event_id", "transaction_id", "value", "currency", "page_location")
PATTERN = re.compile(PERSONAL)


def personal_texts(name: str, column: pa.Array) -> int:
    """Return how many texts of a column, however nested, look personal."""
    if name in UNSCANNED:
        return 0
    if pa.types.is_list(column.type):
        return personal_texts(name, column.flatten())
    if pa.types.is_struct(column.type):
        names = [field.name for field in column.type]
        if names == ["key", "value"]:
            kept = pc.invert(pc.is_in(column.field("key"), pa.array(UNSCANNED)))
            return personal_texts(name, column.field("value").field("string_value").filter(kept))
        return sum(personal_texts(child, column.field(child)) for child in names)
    if not pa.types.is_string(column.type) or column.null_count == len(column):
        return 0
    return int(column.drop_null().to_pandas().str.contains(PATTERN).sum())


def server_events() -> Iterator[dict[str, Any]]:
    """Yield the accepted server events of the tag's log."""
    accepted: set[str] = set()
    requests: list[tuple[str, dict[str, Any]]] = []
    for path in sorted((WORLD / "data" / "capi").glob("gtms_*")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for text in lines:
                line = json.loads(text)
                if line["type"] == "Request":
                    requests.append((line["trace_id"], json.loads(line["request_body"])["data"][0]))
                elif 200 <= (line.get("response_status_code") or 0) < 300:
                    accepted.add(line["trace_id"])
    for trace, event in requests:
        if trace in accepted:
            names = ("event_name", "event_id", "event_time")
            yield {name: event[name] for name in names} | event["custom_data"]


events = pq.ParquetDataset(WORLD / "data" / "ga4").read()
found = sum(personal_texts(name, events[name].combine_chunks()) for name in events.column_names)

params = events["event_params"].combine_chunks()
entries = params.flatten()
value = entries.field("value")
slots = [value.field(name).cast(pa.string()) for name in ("string_value", "int_value")]
long = pd.DataFrame(
    {
        "row": pc.list_parent_indices(params).to_pandas(),
        "key": entries.field("key").to_pandas(),
        "content": pc.coalesce(*slots, value.field("double_value").cast(pa.string())).to_pandas(),
    }
)
wide = long[long["key"].isin(PARAMS)].pivot(index="row", columns="key", values="content")
client = events.select(["event_name", "event_timestamp", "user_pseudo_id", "user_id"]).to_pandas()
client["ads_storage"] = events["privacy_info"].combine_chunks().field("ads_storage").to_pandas()
client = client.join(wide)
row_count = len(client)
client = client.sort_values("event_timestamp").drop_duplicates(["event_name", "event_id"])
client["meta_name"] = client["event_name"].map(META_NAMES)
conversions = client.dropna(subset="meta_name")

server = pd.DataFrame(server_events())
duplicates = int(server.duplicated(["event_name", "event_id"]).sum())
server = server.drop_duplicates(["event_name", "event_id"])
orders = pd.concat(pd.read_csv(path, dtype=str) for path in (WORLD / "data" / "crm").glob("*.csv"))
merged = conversions.merge(
    server,
    how="outer",
    left_on=["meta_name", "event_id"],
    right_on=["event_name", "event_id"],
    suffixes=("", "_server"),
    indicator=True,
)
bought = merged[merged["event_name"] == "purchase"].merge(
    orders, how="outer", left_on="transaction_id", right_on="Name", indicator="crm"
)
say(
    matched=int((merged["_merge"] == "both").sum()),
    client=len(conversions),
    duplicates=row_count - len(client),
    duplicate_server=duplicates,
    nulls={name: int(client[name].isna().sum()) for name in client.columns},
    in_crm=int((bought["crm"] == "both").sum()),
    personal=found,
)
