"""The consent log: one decision a line -> one landing row."""

import json
from typing import Any

from matchback.core.redaction import may_hold_secret, redact_object
from matchback.sources.kit.json_rows import parse_object
from matchback.sources.kit.plain_lines import plain_records, plain_row
from matchback.sources.kit.values import as_text, choice, required_moment

TEXT_COLUMNS = ("user_id", "client_id", "notice_version", "jurisdiction", "action")
CHOICES = ("gpc", "necessary", "analytics", "marketing")
SHAPE = json.dumps(dict.fromkeys(("timestamp", *TEXT_COLUMNS, *CHOICES), "JSON"))


def parse_decision(raw: bytes) -> dict[str, Any]:
    """Return the landing row of one line; RowRejectedError when it is none."""
    record = parse_object(raw)
    secret_fields: list[str] = []
    if may_hold_secret(raw):
        record, secret_fields = redact_object(record)
    row: dict[str, Any] = {name: as_text(record.get(name)) for name in TEXT_COLUMNS}
    row.update({name: choice(record.get(name), name) for name in CHOICES})
    row["decided_at"] = required_moment(record.get("timestamp"), "timestamp")
    row["secret_fields"] = secret_fields
    return row


def decisions_relation(path: str) -> str:
    """Return SQL that reads a large log by the engine: the row of every plain line."""
    row = plain_row(
        ("record.timestamp", "decided_at"),
        texts={name: f"record.{name}" for name in TEXT_COLUMNS},
        choices={name: f"record.{name}" for name in CHOICES},
    )
    return f"with {plain_records(path, SHAPE)} select {row} from records"
