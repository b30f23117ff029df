"""Walk JSON documents: each string leaf with its path and the key it stands under."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from matchback.pii.detector import Detection, detect
from matchback.pii.keys import read_key

# Identifiers of events, orders and browsers have a field of their own and are not looked at.
OWN_FIELDS = frozenset(
    {
        "fbp", "fbc", "_fbp", "_fbc", "event_id", "eventid", "x-fb-event_id", "order_id",
        "transaction_id", "client_id", "user_pseudo_id", "request_id", "trace_id", "fbtrace_id",
        "dataset_id", "data_set_id",
    }
)  # fmt: skip
IP_FIELDS = frozenset({"client_ip_address"})
NAMING_KEYS = ("key", "name")


@dataclass(frozen=True)
class Leaf:
    """One text of a document; `key` is its name with the object it lies in, as user_data.fn."""

    path: str
    key: str
    text: str


def parse_document(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the JSON object or list that a text is, None where it is neither."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def leaves(value: Any, path: str = "", key: str = "") -> Iterator[Leaf]:  # noqa: ANN401
    """Yield the texts of a document; positions in lists are no part of a path.

    `{"name": "phone", "value": "..."}` (HAR, GA4) puts its value under the name it gives.
    Numbers count where their key promises a phone, a card or an identity number.
    """
    stack: list[tuple[Any, str, str]] = [(value, path, key)]
    while stack:
        value, path, key = stack.pop()
        if isinstance(value, dict):
            stack.extend(reversed(list(_members(value, path))))
        elif isinstance(value, list):
            stack.extend((item, path, key) for item in reversed(value))
        elif isinstance(value, str):
            yield Leaf(path, key, value)
        elif isinstance(value, int) and not isinstance(value, bool) and _counts_as_text(key):
            yield Leaf(path, key, str(value))


def detect_leaf(leaf: Leaf, country: str | None = None) -> list[Detection]:
    """Return what is found in a leaf, less what its own field is meant to hold."""
    name = leaf.key.rpartition(".")[2].lower()
    if name in OWN_FIELDS:
        return []
    found = detect(leaf.text, leaf.key, country)
    return [detection for detection in found if not is_in_own_field(detection, name)]


def is_in_own_field(detection: Detection, name: str = "") -> bool:
    """True for the network address that client_ip_address is there for, and for event ids."""
    inner = detection.path.rpartition(".")[2].lower()
    if detection.kind == "ip" and (name in IP_FIELDS or inner in IP_FIELDS):
        return True
    return detection.kind in ("phone", "card", "national_id") and inner in OWN_FIELDS


def _members(value: dict[str, Any], path: str) -> Iterator[tuple[Any, str, str]]:
    name = next((value[key] for key in NAMING_KEYS if isinstance(value.get(key), str)), None)
    parent = path.rpartition(".")[2]
    for key, item in value.items():
        inner_path = f"{path}.{key}" if path else key
        inner_key = f"{parent}.{key}" if parent else key
        if name and key == "value":
            inner_key = name
            item = item.get("string_value") if isinstance(item, dict) else item
        yield item, inner_path, inner_key


def _counts_as_text(key: str) -> bool:
    context = read_key(key)
    return context.phone or context.card or context.national_id
