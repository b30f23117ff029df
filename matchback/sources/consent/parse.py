"""The consent log: one decision a line -> one landing row."""

import json
from collections.abc import Callable

from matchback.core.redaction import may_hold_secret, redact_object
from matchback.core.sql import quote
from matchback.sources.consent.consent_format import ConsentFormat
from matchback.sources.kit.json_rows import JsonObject, JsonValue, parse_object
from matchback.sources.kit.plain_lines import plain_records, plain_row
from matchback.sources.kit.values import as_text, choice, required_moment

MOMENT = "decided_at"


def decision_parser(shape: ConsentFormat) -> Callable[[bytes], JsonObject]:
    """Return what gives the landing row of one line; RowRejectedError when it is none."""
    texts, choices = shape.texts, shape.choices

    def parse(raw: bytes) -> JsonObject:
        record = parse_object(raw)
        secret_fields: list[str] = []
        if may_hold_secret(raw):
            record, secret_fields = redact_object(record)
        return {
            **{name: as_text(_at(record, path)) for name, path in texts.items()},
            **{name: choice(_at(record, path), path) for name, path in choices.items()},
            MOMENT: required_moment(_at(record, shape.decided_at), shape.decided_at),
            "secret_fields": secret_fields,
        }

    return parse


def decisions_relation(file_path: str, shape: ConsentFormat) -> str:
    """Return SQL that reads a large log by the engine: the row of every plain line."""
    keys = json.dumps(dict.fromkeys(shape.paths.values(), "JSON"))
    row = plain_row(
        (_column(shape.decided_at), MOMENT),
        texts={name: _column(key) for name, key in shape.texts.items()},
        choices={name: _column(key) for name, key in shape.choices.items()},
    )
    return f"with {plain_records(file_path, keys)} select {row} from records"


def _column(key: str) -> str:
    return f"record.{quote(key)}"


def _at(record: JsonValue, path: str) -> JsonValue:
    for key in path.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return record
