"""Stape's Facebook tag: rows of its BigQuery table as JSON lines."""

from collections.abc import Sequence

from matchback.core.sql import literal, may_leak, quote, redacted
from matchback.sources.kit.errors import RowRejectedError
from matchback.sources.kit.files import FoundFile
from matchback.sources.kit.json_rows import JsonObject, sampled_records
from matchback.sources.kit.values import required_moment
from matchback.sources.logs import gtms
from matchback.sources.logs.log_format import LogFormat, ParsedRecord


def parse(record: JsonObject, raw: bytes) -> ParsedRecord:
    """Return the landing row of one record."""
    row, secret_fields = gtms.parse_row(record, raw)
    row["logged_at"] = required_moment(row.get("logged_at"), "timestamp")
    return {"source_format": "gtms_bigquery", **row}, secret_fields


def relation(file: FoundFile) -> str:
    """Return SQL that reads a large file by the engine alone, one row per line.

    It raises on bad JSON, a repeated key, a wrong type or time: such a file is read line by line.
    RowRejectedError when its keys are spelled in more than one way: `Message` in some rows and
    `message` in others, which the engine would take for the same.
    """
    keys = _spelled_keys(sampled_records(file))
    types = ", ".join(f"{literal(key)}: 'VARCHAR'" for key in keys.values())
    names = (*gtms.TEXTS, "reason", *gtms.BODIES)
    texts = ", ".join(f"{_text(name, quote(keys[name]))} as {name}" for name in names)
    clean = ", ".join(
        f"case when may_leak then {redacted(name)} else {name} end as {name}" for name in names
    )
    leaks = ", ".join(
        f"case when {redacted(name)} <> {name} then {literal(name)} end" for name in names
    )
    known = ", ".join(literal(kind) for kind in sorted(gtms.TYPES))
    return f"""
        with lines as (
            select
                {quote(keys["logged_at"])} as written_at,
                {quote(keys["type"])} as type,
                {quote(keys["response_status_code"])} as status_code,
                {texts},
                row_number() over () as row_number
            from read_json(
                {literal(str(file.path))}, format = 'newline_delimited', columns = {{{types}}}
            )
        ),
        screened as (
            select *, {may_leak(f"concat_ws(' ', {', '.join(names)})")} as may_leak from lines
        )
        select
            'gtms_bigquery' as source_format,
            make_timestamp_ms(cast(written_at as bigint)) as logged_at,
            type,
            {clean},
            cast(status_code as bigint) as response_status_code,
            case
                when may_leak then list_filter([{leaks}], lambda field: field is not null) else []
            end as secret_fields,
            row_number
        from screened
        where (written_at is not null and type in ({known})) or error('no GTMS-7 row')
    """


def _spelled_keys(sample: Sequence[JsonObject]) -> dict[str, str]:
    """Return landing column -> key as the file spells it."""
    spelled: dict[str, str] = {}
    for record in sample:
        for key in record:
            column = gtms.column_of(key)
            if column is not None and spelled.setdefault(column, key) != key:
                raise RowRejectedError("keys are spelled in more than one way")
    if "message" not in spelled:
        raise RowRejectedError("the spelling of message is not known")
    defaults = {column: column for column in gtms.KEYS.values()} | {
        "logged_at": "timestamp",
        "reason": "Reason" if spelled["message"][0].isupper() else "reason",
    }
    return defaults | spelled


def _text(name: str, key: str) -> str:
    """Return SQL of a text column; the tag stringifies bodies twice."""
    if name not in gtms.BODIES:
        return key
    return f"case when starts_with({key}, '\"') then json_extract_string({key}, '$') else {key} end"


FORMAT = LogFormat(gtms.TABLE, gtms.RANK, lambda: parse, gtms.ROW_KEYS, relation)
