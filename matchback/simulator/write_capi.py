"""Writes the delivery attempts as logs, in each asked format, one file per date of receipt."""

import gzip
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import orjson

from matchback.simulator.events import CONVERSIONS, RECONCILED
from matchback.simulator.meta import ACCEPTED, GRAPH_URL, NO_ANSWER
from matchback.simulator.payload import Document, flat_event, keys_sent, server_event
from matchback.simulator.world import MICROS, World, customer_id

STEMS = {
    "gtms_bigquery": ("gtms", "json.gz"),
    "gtms_console": ("console", "jsonl.gz"),
    "request_response": ("exchange", "jsonl.gz"),
    "dataflow_dlq": ("dlq", "jsonl.gz"),
    "gateway_audit": ("gateway", "jsonl.gz"),
}
REQUEST_LEAD = MICROS // 2
BAD_LINE = b'{"timestamp": "cut off in the mid\n'
GA4_FIELDS = ("event_name", "event_id", "client_id", "page_location", "value", "currency")
GOOGLE_ADS_FIELDS = ("event_name", "event_time", "event_id", "value", "currency", "gclid")
STRIPPED_FROM_GA4 = ("em", "ph", "fbp", "fbc")
GTMS_AGENT = {"partner_agent": "stape-gtmss-2.1.3"}
GATEWAY_LATENCY = 1_500_000
BATCH_EVERY = 8
BATCH_WITHIN = 60 * MICROS

Line = tuple[int, Document]


def write_capi_logs(world: World, folder: Path) -> list[Path]:
    """Write the logs of every asked format; lines are in order of time."""
    folder.mkdir(parents=True, exist_ok=True)
    attempts = np.flatnonzero(world.server["alive"]).tolist()
    events = {attempt: server_event(world, attempt) for attempt in attempts}
    paths = []
    for position, name in enumerate(world.options.formats):
        lines = [
            line for attempt in attempts for line in FORMATS[name](world, attempt, events[attempt])
        ]
        if name == "gateway_audit":
            lines.extend(_blocked_records(world, set(world.server["client"][attempts].tolist())))
        if world.options.formats == ("request_response",):
            lines = _batched(sorted(lines, key=lambda line: line[0]))
        paths.extend(_write_files(world, folder, name, lines, with_bad_lines=position == 0))
    return paths


def _batched(lines: list[Line]) -> list[Line]:
    """Return exchanges of which some carry two events, answered by one response."""
    batched: list[Line] = []
    for number, (at, document) in enumerate(lines):
        earlier = batched[-1] if number % BATCH_EVERY == 0 and batched else None
        if earlier and at - earlier[0] < BATCH_WITHIN and _can_share(document, earlier[1]):
            batched.pop()
            data = earlier[1]["request"]["data"] + document["request"]["data"]
            document["request"]["data"] = data
            document["response"]["events_received"] = len(data)
        batched.append((at, document))
    return batched


def _can_share(*documents: Document) -> bool:
    return all(
        document["http_status"] == ACCEPTED
        and len(document["request"]["data"]) == 1
        and "test_event_code" not in document["request"]
        for document in documents
    )


def _write_files(
    world: World, folder: Path, name: str, lines: list[Line], with_bad_lines: bool
) -> list[Path]:
    options = world.options
    by_date: dict[str, list[Line]] = defaultdict(list)
    at = np.array([moment for moment, _ in lines], dtype=np.int64)
    first, last = (world.calendar.position(day) for day in (options.start, options.end))
    for line, position in zip(
        lines, np.clip(world.calendar.positions(at), first, last).tolist(), strict=True
    ):
        by_date[f"{world.calendar.day(position):%Y%m%d}"].append(line)
    stem, suffix = STEMS[name]
    paths = []
    for day, of_date in sorted(by_date.items()):
        of_date.sort(key=lambda line: line[0])
        content = b"".join(orjson.dumps(document) + b"\n" for _, document in of_date)
        if with_bad_lines:
            broken = {f"{date:%Y%m%d}": count for date, count in world.bad_lines.items()}
            content += BAD_LINE * broken.get(day, 0)
        path = folder / f"{stem}_{day}.{suffix}"
        path.write_bytes(gzip.compress(content, 3, mtime=0))
        paths.append(path)
    return paths


def utc_text(at: int) -> str:
    """Return microseconds as an ISO time with Z."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _response(world: World, attempt: int) -> Document | None:
    status = int(world.server["status"][attempt])
    trace = world.server["fbtrace"][attempt]
    if status == NO_ANSWER:
        return None
    if status == ACCEPTED:
        return {"events_received": 1, "messages": [], "fbtrace_id": trace}
    return {"error": world.server["error"][attempt] | {"fbtrace_id": trace}}


def _graph_url(world: World, attempt: int) -> str:
    token = world.server["token"][attempt]
    query = f"?access_token={token}" if token else ""
    return f"{GRAPH_URL}/{world.options.dataset_id}/events{query}"


def _request_body(world: World, attempt: int, event: Document) -> Document:
    body: Document = {"data": [event]}
    if world.server["test_code"][attempt] is not None:
        body["test_event_code"] = world.server["test_code"][attempt]
    return body


def _gtms_bigquery(world: World, attempt: int, event: Document) -> Iterator[Line]:
    server = world.server
    received = int(server["received"][attempt])
    body = _request_body(world, attempt, event) | GTMS_AGENT
    shared = {"tag_name": "Facebook", "event_name": event["event_name"]}
    trace = {"trace_id": server["trace"][attempt]}
    yield (
        received - REQUEST_LEAD,
        shared
        | {
            "type": "Request",
            "request_method": "POST",
            "request_url": _graph_url(world, attempt),
            "request_body": orjson.dumps(body).decode(),
            "timestamp": (received - REQUEST_LEAD) // 1000,
        }
        | trace,
    )
    answer = _gtms_answer(world, attempt, "response_status_code", "response_body")
    if "response_body" in answer:
        answer["response_body"] = orjson.dumps(answer["response_body"]).decode()
    yield received, shared | {"type": "Response", "timestamp": received // 1000} | answer | trace


def _gtms_answer(world: World, attempt: int, status_key: str, body_key: str) -> Document:
    response = _response(world, attempt)
    pixel = f"Pixel ID: {world.options.dataset_id}"
    if response is None:
        return {"Message": f"Request failed or timed out. {pixel}", "Reason": "timed_out"}
    return {
        "Message": pixel,
        status_key: int(world.server["status"][attempt]),
        body_key: orjson.dumps(response).decode(),
    }


def _gtms_console(world: World, attempt: int, event: Document) -> Iterator[Line]:
    server = world.server
    received = int(server["received"][attempt])
    shared = {"Name": "Facebook", "EventName": event["event_name"]}
    trace = {"TraceId": server["trace"][attempt]}
    body = _request_body(world, attempt, event) | GTMS_AGENT
    request = shared | {
        "Type": "Request",
        "RequestMethod": "POST",
        "RequestUrl": _graph_url(world, attempt),
        "RequestBody": body,
    }
    answer = _gtms_answer(world, attempt, "ResponseStatusCode", "ResponseBody")
    yield _console_entry(received - REQUEST_LEAD, request | trace, attempt)
    yield _console_entry(received, shared | {"Type": "Response"} | answer | trace, attempt)


def _console_entry(at: int, payload: Document, attempt: int) -> Line:
    """Return a Cloud Logging entry; both of its shapes occur."""
    if attempt % 2:
        return at, {"timestamp": utc_text(at), "jsonPayload": payload}
    return at, {"timestamp": utc_text(at), "textPayload": orjson.dumps(payload).decode()}


def _request_response(world: World, attempt: int, event: Document) -> Iterator[Line]:
    server = world.server
    received = int(server["received"][attempt])
    status = int(server["status"][attempt])
    body = _request_body(world, attempt, event)
    if attempt % 3 == 0:
        body["data"] = [orjson.dumps(event).decode()]
    yield (
        received,
        {
            "timestamp": utc_text(received),
            "dataset_id": world.options.dataset_id,
            "http_status": None if status == NO_ANSWER else status,
            "request": body,
            "response": _response(world, attempt),
            "trace_id": server["trace"][attempt],
        },
    )


def _dataflow_dlq(world: World, attempt: int, event: Document) -> Iterator[Line]:
    received = int(world.server["received"][attempt])
    is_accepted = world.server["status"][attempt] == ACCEPTED
    element = {"data_set_id": int(world.options.dataset_id)} | flat_event(event)
    yield (
        received,
        {
            "metacapisink_timestamp": utc_text(received)[:19].replace("T", " "),
            "metacapisink_status": "SUCCESS" if is_accepted else "ERROR",
            "metacapisink_failure_pipeline_step": None
            if is_accepted
            else "_MakeMetaConversionsAPICalls",
            "metacapisink_output_message": orjson.dumps(_response(world, attempt)).decode(),
            "metacapisink_input_element": str(element),
        },
    )


def _gateway_audit(world: World, attempt: int, event: Document) -> Iterator[Line]:
    server = world.server
    received = int(server["received"][attempt])
    client = int(server["client"][attempt])
    visitor = int(server["visitor"][attempt])
    status = int(server["status"][attempt])
    gate = world.gate(client) if client >= 0 else None
    meta: Document = {
        "destination": "meta_capi",
        "status": "delivered" if status == ACCEPTED else "failed",
        "fields_sent": keys_sent(event) + (gate.extra_fields.get("meta_capi", []) if gate else []),
        "fields_stripped": [],
        "consent_basis": gate.meta_basis if gate else "marketing",
        "dataset_id": world.options.dataset_id,
        "request": event,
    }
    if status != NO_ANSWER:
        meta |= {"http_status": status, "response": _response(world, attempt)}
    deliveries = [meta]
    if client >= 0 and server["is_first"][attempt]:
        deliveries += _other_deliveries(world, client)
    record = _gateway_head(
        world,
        client,
        visitor,
        at=received,
        request_id=server["trace"][attempt],
        name=event["event_name"] if client < 0 else world.client["name"][client],
        event_id=server["event_id"][attempt],
    )
    yield received, record | {"deliveries": deliveries}


def _gateway_head(
    world: World,
    client: int,
    visitor: int,
    at: int,
    request_id: str,
    name: str,
    event_id: str | None,
) -> Document:
    gate = world.gate(client) if client >= 0 else None
    state: dict[str, bool] = {"necessary": True}
    for tier in ("analytics", "marketing"):
        choice = getattr(gate, tier) if gate else True
        if choice is not None:
            state[tier] = choice
    return {
        "timestamp": utc_text(at),
        "request_id": request_id,
        "event_type": name,
        "event_id": event_id,
        "user": _gateway_user(world, client, visitor),
        "jurisdiction": world.jurisdiction(visitor),
        "gpc": bool(world.visitors["consent"][visitor] == "gpc"),
        "consent_state": state,
    }


def _gateway_user(world: World, client: int, visitor: int) -> dict[str, str]:
    """Return who a record is about: nobody, where the visitor denied being measured."""
    known = {"client_id": world.visitors["client_id"][visitor]}
    if client < 0:
        return {"user_id": customer_id(visitor)} | known
    patch = world.client_patches.get(client)
    if patch and patch.gateway_user is not None:
        return patch.gateway_user
    if world.client["analytics"][client] == "No":
        return {}
    user_id = world.client["user_id"][client]
    return ({"user_id": user_id} if user_id is not None else {}) | known


def _other_deliveries(world: World, client: int) -> list[Document]:
    """Return what the gateway did with GA4, and with Google Ads for conversions after its click."""
    gate = world.gate(client)
    has_value = world.client["value"][client] >= 0
    sent = [key for key in GA4_FIELDS if has_value or key not in ("value", "currency")]
    ga4: Document = {
        "destination": "ga4",
        "status": "blocked" if gate.ga4_blocked else "delivered",
        "reason": "analytics_denied" if gate.ga4_blocked else None,
        "fields_sent": [] if gate.ga4_blocked else sent + gate.extra_fields.get("ga4", []),
        "fields_stripped": [] if gate.ga4_blocked else list(STRIPPED_FROM_GA4),
        "consent_basis": "analytics",
    }
    visitor = int(world.client["visitor"][client])
    is_click_conversion = (
        world.client["name"][client] in CONVERSIONS
        and world.visitors["gclid"][visitor] is not None
        and gate.marketing is True
        and not gate.ga4_blocked
    )
    if not is_click_conversion:
        return [ga4]
    google_ads: Document = {
        "destination": "google_ads",
        "status": "delivered",
        "reason": None,
        "fields_sent": list(GOOGLE_ADS_FIELDS),
        "fields_stripped": [],
        "consent_basis": "marketing",
    }
    return [ga4, google_ads]


def _blocked_records(world: World, sent: set[int]) -> Iterator[Line]:
    """Yield the decisions about events that went nowhere near Meta."""
    client = world.client
    is_candidate = np.isin(client["name"], RECONCILED) & client["alive"] & (client["copy_of"] < 0)
    for row in np.flatnonzero(is_candidate).tolist():
        gate = world.gates.get(row)
        is_blocked = client["ads"][row] == "No" or (gate is not None and gate.marketing is False)
        if row in sent or not (is_blocked or row in world.over_blocked):
            continue
        gate = world.gate(row)
        at = int(client["at"][row]) + GATEWAY_LATENCY
        meta: Document = {
            "destination": "meta_capi",
            "status": "blocked",
            "reason": gate.meta_reason,
            "fields_sent": [],
            "fields_stripped": [],
            "consent_basis": gate.meta_basis,
            "dataset_id": world.options.dataset_id,
        }
        record = _gateway_head(
            world,
            row,
            int(client["visitor"][row]),
            at=at,
            request_id=f"b{row:031x}",
            name=client["name"][row],
            event_id=client["event_id"][row],
        )
        yield at, record | {"deliveries": [meta, *_other_deliveries(world, row)]}


FORMATS: dict[str, Callable[[World, int, Document], Iterator[Line]]] = {
    "gtms_bigquery": _gtms_bigquery,
    "gtms_console": _gtms_console,
    "request_response": _request_response,
    "dataflow_dlq": _dataflow_dlq,
    "gateway_audit": _gateway_audit,
}
