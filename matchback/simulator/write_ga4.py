"""Writes the browser rows as GA4 export shards: Parquet, JSON lines or Avro."""

import gzip
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from matchback.simulator.columns import Array, is_given, only_where, texts
from matchback.simulator.events import PRODUCT_COUNT, SITE, product_price_cents
from matchback.simulator.ga4_schema import avro_schema, ga4_schema
from matchback.simulator.people import COUNTRY_NAMES
from matchback.simulator.shop import CATEGORIES, CHANNELS, DEVICES, LANGUAGES
from matchback.simulator.world import MICROS, World

INTRADAY_SHARE = 0.8
COLUMNS_INTRADAY_LACKS = ("traffic_source", "user_ltv", "is_active_user")
CONTINENTS = {"US": ("Americas", "Northern America")}
ECOMMERCE_NAMES = ("view_item", "add_to_cart", "begin_checkout", "purchase")


@dataclass(frozen=True)
class Param:
    """A parameter of all rows; at most one of its values is given in a row."""

    key: str
    text: Array | None = None
    whole: Array | None = None
    broken: Array | None = None


def write_ga4_shards(world: World, folder: Path) -> list[Path]:
    """Write one shard per date, and an intraday shard of the last date if asked."""
    folder.mkdir(parents=True, exist_ok=True)
    options = world.options
    positions = world.calendar.positions(world.client["at"])
    paths = []
    for day in options.dates:
        rows = np.flatnonzero((positions == world.calendar.position(day)) & world.in_export())
        rows = rows[np.argsort(world.client["at"][rows], kind="stable")]
        if not len(rows):
            continue
        shard = _changed_columns(_shard(world, rows, day), world.column_changes.get(day, {}))
        paths.append(_write(shard, folder / f"events_{day:%Y%m%d}", options.ga4_format))
        if options.intraday and day == options.end:
            streamed = shard.slice(0, round(len(shard) * INTRADAY_SHARE))
            streamed = streamed.drop_columns(list(COLUMNS_INTRADAY_LACKS))
            name = folder / f"events_intraday_{day:%Y%m%d}"
            paths.append(_write(streamed, name, options.ga4_format))
    return paths


def _changed_columns(shard: pa.Table, changes: dict[str, str]) -> pa.Table:
    for column, change in changes.items():
        if change == "removed":
            shard = shard.drop_columns([column])
        elif change == "added":
            shard = shard.append_column(column, pa.array(["none"] * len(shard)))
        else:
            position = shard.schema.get_field_index(column)
            shard = shard.set_column(position, column, shard[column].cast(pa.string()))
    return shard


def _write(shard: pa.Table, stem: Path, file_format: str) -> Path:
    path = stem.with_name(f"{stem.name}.{file_format}")
    if file_format == "parquet":
        pq.write_table(shard, path)
        return path
    rows = shard.to_pylist()
    if file_format == "avro":
        import fastavro

        buffer = BytesIO()
        fastavro.writer(
            buffer,
            avro_schema(shard.schema),
            rows,
            codec="deflate",
            sync_marker=stem.name.encode().ljust(16, b"_")[:16],
        )
        path.write_bytes(buffer.getvalue())
        return path
    content = b"".join(orjson.dumps(_as_bigquery_json(row)) + b"\n" for row in rows)
    path.write_bytes(gzip.compress(content, 6, mtime=0) if file_format == "json.gz" else content)
    return path


def _as_bigquery_json(value: Any) -> Any:  # noqa: ANN401 - walks any JSON value
    """Return a value as BigQuery exports it to JSON: INT64 as text, nulls left out."""
    if isinstance(value, dict):
        return {key: _as_bigquery_json(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_as_bigquery_json(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _shard(world: World, rows: Array, day: date) -> pa.Table:
    schema = ga4_schema()
    client, visitors = world.client, world.visitors
    at = client["at"][rows]
    visitor = client["visitor"][rows]
    count = len(rows)
    names = client["name"][rows].copy()
    for place, row in enumerate(rows.tolist()):
        if row in world.client_patches:
            names[place] = world.client_patches[row].event_name or names[place]
    device = [DEVICES[number] for number in visitors["device"][visitor]]
    country = visitors["country"][visitor]
    channel = [CHANNELS[number] for number in visitors["channel"][visitor]]
    is_first_visit = client["visit"][rows] == 1
    is_landing = client["is_landing"][rows]
    filled: dict[str, Any] = {
        "event_date": [f"{day:%Y%m%d}"] * count,
        "event_timestamp": at,
        "event_name": names,
        "event_params": _event_params(world, rows),
        "event_bundle_sequence_id": client["session_begin"][rows] // MICROS % 100_000,
        "event_server_timestamp_offset": at % 900,
        "user_id": client["user_id"][rows],
        "user_pseudo_id": client["client_id"][rows],
        "privacy_info": {
            "analytics_storage": client["analytics"][rows],
            "ads_storage": client["ads"][rows],
            "uses_transient_token": ["No"] * count,
        },
        "user_properties": _user_properties(world, rows),
        "user_first_touch_timestamp": visitors["first_at"][visitor],
        "device": {
            "category": [entry[0] for entry in device],
            "operating_system": [entry[1] for entry in device],
            "language": [LANGUAGES[code] for code in country],
            "web_info": {
                "browser": [entry[2] for entry in device],
                "browser_version": [entry[3] for entry in device],
                "hostname": [SITE.removeprefix("https://")] * count,
            },
        },
        "geo": {
            "country": [COUNTRY_NAMES[code] for code in country],
            "continent": [CONTINENTS.get(code, ("Europe", ""))[0] for code in country],
        },
        "traffic_source": {
            "name": [entry[2] for entry in channel],
            "medium": [entry[1] for entry in channel],
            "source": [entry[0] for entry in channel],
        },
        "stream_id": ["7001001001"] * count,
        "platform": ["WEB"] * count,
        "ecommerce": _ecommerce(world, rows, names),
        "items": _items(world, rows, names),
        "collected_traffic_source": {
            "manual_campaign_name": only_where(
                is_landing, texts([None if entry[1] == "(none)" else entry[2] for entry in channel])
            ),
            "manual_source": only_where(is_landing, texts([entry[0] for entry in channel])),
            "manual_medium": only_where(is_landing, texts([entry[1] for entry in channel])),
            "gclid": only_where(is_first_visit & is_landing, visitors["gclid"][visitor]),
        },
        "is_active_user": np.ones(count, dtype=bool),
        "batch_event_index": np.arange(count) % 5 + 1,
        "batch_page_id": client["session_begin"][rows] // 1000,
        "batch_ordering_id": np.arange(count) % 3 + 1,
    }
    return pa.Table.from_arrays(
        [_column(filled.get(field.name), field.type, count) for field in schema], schema=schema
    )


def _column(values: Any, kind: pa.DataType, count: int) -> pa.Array:  # noqa: ANN401
    """Return an Arrow array; a dict fills the named fields of a struct, the rest is null."""
    if isinstance(values, pa.Array):
        return values
    if values is None:
        return pa.array([[]] * count, kind) if pa.types.is_list(kind) else pa.nulls(count, kind)
    if isinstance(values, dict):
        children = [_column(values.get(field.name), field.type, count) for field in kind]
        return pa.StructArray.from_arrays(children, fields=list(kind))
    return pa.array(values, kind)


def _cents(values: Array) -> tuple[Array, Array]:
    """Return money as GA4 stores it: whole amounts as integers, others as doubles."""
    has_value = values >= 0
    is_whole = has_value & (values % 100 == 0)
    return only_where(is_whole, values // 100), only_where(has_value & ~is_whole, values / 100)


def _event_params(world: World, rows: Array) -> pa.Array:
    """Return event_params: one list of keyed values per row, in a fixed order of keys."""
    keys, text, whole, broken = _param_matrices(world, rows)
    is_present = (is_given(text) | is_given(whole) | is_given(broken)).ravel()
    lengths = is_present.reshape(text.shape).sum(axis=1)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    key = np.broadcast_to(texts(list(keys)), text.shape).ravel()[is_present]
    kind = ga4_schema().field("event_params").type
    slots = {
        "string_value": text.ravel()[is_present],
        "int_value": whole.ravel()[is_present],
        "double_value": broken.ravel()[is_present],
    }
    entries = _column({"key": key, "value": slots}, kind.value_type, len(key))
    return pa.ListArray.from_arrays(pa.array(offsets), entries, type=kind)


def _param_matrices(world: World, rows: Array) -> tuple[list[str], Array, Array, Array]:
    client, visitors = world.client, world.visitors
    visitor = client["visitor"][rows]
    names = client["name"][rows]
    channel = [CHANNELS[number] for number in visitors["channel"][visitor]]
    device = [DEVICES[number] for number in visitors["device"][visitor]]
    searched = [url.partition("?q=")[2].replace("+", " ") for url in client["url"][rows]]
    is_known = is_given(client["client_id"][rows])
    is_purchase = names == "purchase"
    session_second = client["session_begin"][rows] // MICROS
    order_id = client["order_id"][rows]
    values = client["value"][rows]
    whole_order_id = texts([int(text) if text and text.isdigit() else None for text in order_id])
    params = [
        Param("event_id", client["event_id"][rows]),
        Param("page_location", client["url"][rows]),
        Param("page_referrer", texts([f"{SITE}/"] * len(rows))),
        Param("page_title", texts([f"Shop - {name}" for name in names])),
        Param("ga_session_id", whole=only_where(is_known, session_second)),
        Param("ga_session_number", whole=only_where(is_known, client["visit"][rows])),
        Param("engagement_time_msec", whole=(rows * 37 % 4000 + 200).astype(object)),
        Param("session_engaged", texts(["1"] * len(rows))),
        Param("engaged_session_event", whole=texts([1] * len(rows))),
        Param("percent_scrolled", whole=only_where(names == "scroll", 90)),
        Param("source", texts([entry[0] for entry in channel])),
        Param("medium", texts([entry[1] for entry in channel])),
        Param("campaign", texts([entry[2] for entry in channel])),
        Param("language", texts([LANGUAGES[code] for code in visitors["country"][visitor]])),
        Param("screen_resolution", texts([entry[4] for entry in device])),
        Param("content_group", texts([f"group_{row % 4}" for row in rows])),
        Param("search_term", only_where(names == "search", texts(searched))),
        Param("value", None, *_cents(values)),
        Param("currency", client["currency"][rows]),
        Param("transaction_id", only_where(~is_given(whole_order_id), order_id), whole_order_id),
        Param("tax", None, *_cents(np.where(is_purchase, values * 19 // 119, -1))),
        Param("shipping", whole=only_where(is_purchase, 0)),
        Param("payment_type", only_where(is_purchase, "card")),
    ]
    return _with_patches(world, rows, params)


def _with_patches(
    world: World, rows: Array, params: list[Param]
) -> tuple[list[str], Array, Array, Array]:
    keys = [param.key for param in params]
    patches = {
        place: world.client_patches[row].params
        for place, row in enumerate(rows.tolist())
        if row in world.client_patches
    }
    added = sorted({key for patch in patches.values() for key in patch} - set(keys))
    params = [*params, *(Param(key) for key in added)]
    empty = np.full(len(rows), None, dtype=object)
    text, whole, broken = (
        np.column_stack([empty if slot is None else slot for slot in slots])
        for slots in zip(
            *((param.text, param.whole, param.broken) for param in params), strict=True
        )
    )
    keys += added
    for place, patch in patches.items():
        for key, value in patch.items():
            position = keys.index(key)
            text[place, position] = value if isinstance(value, str) else None
            whole[place, position] = value if isinstance(value, int) else None
            broken[place, position] = value if isinstance(value, float) else None
    return keys, text, whole, broken


def _user_properties(world: World, rows: Array) -> pa.Array:
    kind = ga4_schema().field("user_properties").type
    visitors, client = world.visitors, world.client
    values = []
    for row, visitor in zip(rows.tolist(), client["visitor"][rows].tolist(), strict=True):
        properties = {"membership_level": visitors["membership"][visitor]}
        if row in world.client_patches:
            properties |= world.client_patches[row].user_properties
        values.append(
            [
                {
                    "key": key,
                    "value": {
                        "string_value": text,
                        "set_timestamp_micros": int(visitors["first_at"][visitor]),
                    },
                }
                for key, text in properties.items()
                if text is not None
            ]
        )
    return pa.array(values, kind)


def _ecommerce(world: World, rows: Array, names: Array) -> dict[str, Any]:
    client = world.client
    is_purchase = names == "purchase"
    order_id = client["order_id"][rows]
    revenue = client["value"][rows] / 100
    return {
        "total_item_quantity": only_where(is_purchase, client["quantity"][rows]),
        "purchase_revenue": only_where(is_purchase, revenue),
        "unique_items": only_where(is_purchase, 1),
        "transaction_id": only_where(
            is_purchase, np.where(is_given(order_id), order_id, np.array("(not set)", object))
        ),
    }


def _items(world: World, rows: Array, names: Array) -> pa.Array:
    kind = ga4_schema().field("items").type
    has_items = np.isin(names, ECOMMERCE_NAMES)
    products = world.client["product"][rows][has_items]
    prices = np.array([product_price_cents(number) for number in range(PRODUCT_COUNT)]) / 100
    count = len(products)
    entries = _column(
        {
            "item_id": [f"sku-{number}" for number in products],
            "item_name": [f"Product {number}" for number in products],
            "item_category": [CATEGORIES[number % 4] for number in products],
            "price": prices[products],
            "quantity": world.client["quantity"][rows][has_items],
        },
        kind.value_type,
        count,
    )
    offsets = np.concatenate([[0], np.cumsum(has_items)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), entries, type=kind)
