"""The consent log: one decision a line -> one landing row, by the paths of formats/<name>.yml."""

import json
from collections.abc import Callable, Mapping

import yaml

from matchback.core.offered import CONSENT_FORMATS
from matchback.core.redaction import may_hold_secret, redact_object
from matchback.core.sql import quote
from matchback.sources.kit.cells import bare, client_id, user_id
from matchback.sources.kit.json_rows import JsonObject, JsonValue, parse_object
from matchback.sources.kit.land_lines import ParseRow
from matchback.sources.kit.plain_lines import is_plain_id, plain_records, plain_row
from matchback.sources.kit.values import as_text, choice, required_moment

MOMENT = "decided_at"
PERSON: Mapping[str, Callable[[str | None], str | None]] = {
    "user_id": user_id,
    "client_id": client_id,
}
TEXTS = (*PERSON, "notice_version", "jurisdiction", "action")
CHOICES = ("gpc", "necessary", "analytics", "marketing")
# Column -> where a line holds it: keys from the outside in, joined by dots.
Paths = Mapping[str, str]


def paths_of(name: str) -> Paths:
    """Return a format; a column that it does not name stays null."""
    text = (CONSENT_FORMATS / f"{name}.yml").read_text(encoding="utf-8")
    paths: dict[str, str] = yaml.safe_load(text)
    return paths


def decision_parser(paths: Paths) -> ParseRow:
    """Return what gives the landing row of one line; RowRejectedError when it is none."""
    texts, choices = _among(paths, TEXTS), _among(paths, CHOICES)

    def parse(raw: bytes) -> JsonObject:
        record = parse_object(raw)
        secret_fields: list[str] = []
        if may_hold_secret(raw):
            record, secret_fields = redact_object(record)
        return {
            **{name: _text(name, _at(record, path)) for name, path in texts.items()},
            **{name: choice(_at(record, path), path) for name, path in choices.items()},
            MOMENT: required_moment(_at(record, paths[MOMENT]), paths[MOMENT]),
            "secret_fields": secret_fields,
        }

    return parse


def decisions_relation(file_path: str, paths: Paths) -> str:
    """Return SQL that reads a large log by the engine; each path is a key of the line itself."""
    keys = json.dumps(dict.fromkeys(paths.values(), "JSON"))
    columns = {name: f"record.{quote(key)}" for name, key in paths.items()}
    row = plain_row(
        (columns[MOMENT], MOMENT),
        texts=_among(columns, TEXTS),
        choices=_among(columns, CHOICES),
        conditions=[is_plain_id(column) for column in _among(columns, tuple(PERSON)).values()],
    )
    return f"with {plain_records(file_path, keys)} select {row} from records"


def _text(name: str, value: JsonValue) -> str | None:
    text = as_text(value)
    if name not in PERSON:
        return text
    return PERSON[name](None if text is None else bare(text))


def _among(paths: Paths, names: tuple[str, ...]) -> dict[str, str]:
    return {name: paths[name] for name in names if name in paths}


def _at(record: JsonValue, path: str) -> JsonValue:
    for key in path.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return record
