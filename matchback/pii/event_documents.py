"""The texts of a document column, each with the server event it lies in."""

from collections.abc import Iterator
from typing import Any

from matchback.pii.documents import Leaf, leaves, parse_document
from matchback.warehouse.tables import Document

# A Dataflow row is one server event; the delivery attempts number it so.
FLAT_EVENT_POSITION = 1
# The flat rows of Meta's Dataflow pipeline name a person's fields without their object.
FLAT_USER_DATA = frozenset(
    {
        "em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id",
        "client_ip_address", "client_user_agent", "fbc", "fbp",
    }
)  # fmt: skip


def leaves_of_column(
    column: str, document: Document, text: str
) -> Iterator[tuple[int | None, Leaf]]:
    """Yield a column's leaves with the position of the server event they lie in, if any."""
    parsed = parse_document(text)
    path = column if document.path is None else document.path
    if parsed is None:
        yield None, Leaf(path or column, column, text)
        return
    if document.is_flat_event:
        for leaf in leaves(_folded(parsed)):
            yield FLAT_EVENT_POSITION, leaf
        return
    items = _batch_items(parsed, document.batch)
    for position, item in enumerate(items):
        for leaf in _leaves_of_item(item, document.payload):
            yield position, leaf
    if items and isinstance(parsed, dict):
        parsed = {name: value for name, value in parsed.items() if name != document.batch}
    elif items:
        return
    for leaf in leaves(parsed, path, column):
        yield None, leaf


def _batch_items(parsed: Any, batch: str | None) -> list[Any]:  # noqa: ANN401 - any JSON value
    if batch is None:
        return []
    items = parsed.get(batch) if batch and isinstance(parsed, dict) else parsed
    return items if isinstance(items, list) else []


def _leaves_of_item(item: Any, payload: str | None) -> Iterator[Leaf]:  # noqa: ANN401
    if isinstance(item, str):
        item = parse_document(item) or item
    if payload and isinstance(item, dict):
        inner = item.get(payload)
        if isinstance(inner, str):
            inner = parse_document(inner) or inner
        yield from leaves(inner)
        item = {name: value for name, value in item.items() if name != payload}
    yield from leaves(item)


def _folded(flat: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(flat, dict):
        return flat
    person = {key: value for key, value in flat.items() if key in FLAT_USER_DATA}
    rest = {key: value for key, value in flat.items() if key not in FLAT_USER_DATA}
    return {**rest, "user_data": person}
