"""The audit log of the gateway: one decision with its deliveries a line."""

import json

import orjson

from matchback.core.sql import literal
from matchback.sources.kit.errors import RowRejectedError
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.json_rows import JsonObject
from matchback.sources.kit.plain_lines import plain_records, plain_row
from matchback.sources.kit.tables import JURISDICTION
from matchback.sources.kit.values import as_text, choice, required_moment
from matchback.sources.logs.log_format import MOMENT, LogFormat, ParsedRecord, without_secrets
from matchback.sources.logs.tables import LOGGED_AT, log_table
from matchback.warehouse.tables import BOOLEAN, JSON, Column, Document

TEXTS = ("request_id", "event_type", "event_id", "jurisdiction")
PERSON = ("user_id", "client_id")
TIERS = ("necessary", "analytics", "marketing")


def parse(record: JsonObject, raw: bytes) -> ParsedRecord:
    """Return the landing row of one record."""
    record, secret_fields = without_secrets(record, raw)
    consent = record.get("consent_state") or {}
    user = record.get("user") or {}
    deliveries = record.get("deliveries")
    if not (isinstance(consent, dict) and isinstance(user, dict)):
        raise RowRejectedError("user or consent_state is no JSON object")
    if not isinstance(deliveries, list) or not all(isinstance(one, dict) for one in deliveries):
        raise RowRejectedError("deliveries is no list of JSON objects")
    row: JsonObject = {
        "logged_at": required_moment(record.get("timestamp"), "timestamp"),
        **{name: as_text(record.get(name)) for name in TEXTS},
        **{name: as_text(user.get(name)) for name in PERSON},
        "gpc": choice(record.get("gpc"), "gpc"),
        **{f"consent_{tier}": choice(consent.get(tier), f"consent_state.{tier}") for tier in TIERS},
        "deliveries": orjson.dumps(deliveries).decode(),
    }
    return row, secret_fields


def relation(file: FoundFile) -> str:
    """Return SQL that reads a large file by the engine: the row of every plain line."""
    names = ("timestamp", *TEXTS, "user", "gpc", "consent_state", "deliveries")
    row = plain_row(
        ("record.timestamp", MOMENT),
        texts={name: f"record.{name}" for name in TEXTS}
        | {name: f"person.{name}" for name in PERSON},
        choices={"gpc": "record.gpc"} | {f"consent_{tier}": f"consent.{tier}" for tier in TIERS},
        others={"deliveries": "record.deliveries"},
        conditions=(
            "coalesce(starts_with(record.user, '{'), true)",
            "coalesce(starts_with(record.consent_state, '{'), true)",
            "starts_with(record.deliveries, '[')",
            "len(list_filter(json_type(record.deliveries, '$[*]'), "
            "lambda kind: kind <> 'OBJECT')) = 0",
        ),
    )
    return f"""
        with {plain_records(str(file.path), _shape(*names))},
        opened as (
            select
                row_number,
                record,
                from_json(record.user, {literal(_shape(*PERSON))}) as person,
                from_json(record.consent_state, {literal(_shape(*TIERS))}) as consent
            from records
        )
        select {row} from opened
    """


def _shape(*names: str) -> str:
    return json.dumps(dict.fromkeys(names, "JSON"))


TABLE = log_table(
    "landing.capi_gateway_audit",
    "Grain: one decision record of the consent gateway; deliveries is a JSON array, access tokens "
    "redacted.",
    (
        LOGGED_AT,
        Column("request_id", "Id of the decision record."),
        Column("event_type", "GA4 or Meta name of the event.", scan=Document()),
        Column("event_id", "Event id in the record.", personal="event_id"),
        Column(
            "user_id",
            "User id in the record.",
            personal="customer_id",
            scan=Document(path="user.user_id"),
        ),
        Column("client_id", "Browser (client) id in the record.", personal="client_id"),
        JURISDICTION,
        Column(
            "gpc", "Whether Global Privacy Control was signalled; null when not logged.", BOOLEAN
        ),
        Column("consent_necessary", "Necessary consent in the record; null is no choice.", BOOLEAN),
        Column("consent_analytics", "Analytics consent in the record; null is no choice.", BOOLEAN),
        Column("consent_marketing", "Marketing consent in the record; null is no choice.", BOOLEAN),
        Column(
            "deliveries",
            "Decisions per destination with fields sent and stripped, as JSON text.",
            JSON,
            personal="text",
            scan=Document(path="", batch="", payload="request"),
        ),
    ),
    record_key=("request_id",),
)
FORMAT = LogFormat(TABLE, 1, lambda: parse, frozenset({"deliveries"}), relation)
