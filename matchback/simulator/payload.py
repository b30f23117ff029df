"""The server event that an attempt carries, in Meta's shape, with the leaks' changes applied."""

from typing import Any

from matchback.simulator.events import SITE
from matchback.simulator.meta import BUILDER_APPENDIX, BUILDER_KEYS, LEAD_KEYS, PURCHASE
from matchback.simulator.shop import USER_AGENTS
from matchback.simulator.world import REMOVED, FieldPath, World

# A JSON object on its way to a log; leaks may put anything anywhere in it.
Document = dict[str, Any]


def server_event(world: World, attempt: int) -> Document:
    """Return the request's event of one attempt."""
    row = world.server.row(attempt)
    visitor = int(row["visitor"])
    event: Document = {
        "event_name": row["event_name"],
        "event_time": int(row["event_time"]),
    }
    if row["event_id"] is not None:
        event["event_id"] = row["event_id"]
    event |= {
        "action_source": "website",
        "event_source_url": row["url"],
        "referrer_url": f"{SITE}/",
        "user_data": _user_data(world, row, visitor),
        "custom_data": _custom_data(world, row),
    }
    for path, value in world.payload_patches.get(attempt, {}).items():
        _apply(event, path, value)
    return event


def _user_data(world: World, row: Document, visitor: int) -> Document:
    keys: Document = {}
    if row["has_contact"]:
        known = world.hashes(visitor)
        wanted = known if row["event_name"] == PURCHASE else LEAD_KEYS
        keys |= {key: known[key] for key in wanted}
    keys["client_ip_address"] = world.visitors["address"][visitor]
    keys["client_user_agent"] = USER_AGENTS[world.visitors["device"][visitor]]
    keys["fbp"] = row["fbp"]
    if row["fbc"] is not None:
        keys["fbc"] = row["fbc"]
    return _as_integrations_write(keys, visitor)


def _as_integrations_write(keys: Document, visitor: int) -> Document:
    """Vary what is equally right: Meta's Parameter Builder appendix, a list of one hash."""
    if visitor % 9 == 4:
        keys |= {key: keys[key] + BUILDER_APPENDIX for key in BUILDER_KEYS if key in keys}
    if visitor % 11 == 5 and "em" in keys:
        keys["em"] = [keys["em"]]
    return keys


def _custom_data(world: World, row: Document) -> Document:
    data: Document = {}
    if row["value"] >= 0:
        data["value"] = int(row["value"]) / 100
    if row["currency"] is not None:
        data["currency"] = row["currency"]
    if row["event_name"] == PURCHASE:
        if row["order_id"] is not None:
            data["order_id"] = row["order_id"]
        client = int(row["client"])
        product = int(world.client["product"][client]) if client >= 0 else 0
        data |= {
            "content_type": "product",
            "content_name": "Order",
            "contents": [{"id": f"sku-{product}", "quantity": 1}],
        }
    return data


def _apply(event: Document, path: FieldPath, value: object) -> None:
    """Set the value at a path, or remove it."""
    *parents, last = path
    target = event
    for parent in parents:
        target = target.setdefault(parent, {})
    if value is REMOVED:
        target.pop(last, None)
    else:
        target[last] = value


def flat_event(event: Document) -> Document:
    """Return the event as one flat row: lists of texts joined by a bar, contents left out."""
    flat = {key: value for key, value in event.items() if key not in ("user_data", "custom_data")}
    nested = event.get("user_data", {}) | event.get("custom_data", {})
    nested.pop("contents", None)
    return flat | {
        key: "|".join(value) if isinstance(value, list) else value for key, value in nested.items()
    }


def keys_sent(event: Document) -> list[str]:
    """Return the names of all fields of an event, the way a gateway records them."""
    top = [key for key in event if key not in ("user_data", "custom_data")]
    return [*top, *event.get("user_data", {}), *event.get("custom_data", {})]
