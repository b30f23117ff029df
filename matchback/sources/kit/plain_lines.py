"""Engine SQL that reads the plain lines of a large log: one JSON object each, nothing odd in it.

A line is odd when the engine might read it otherwise than the careful way does, or accept what that
refuses: such a line comes back without its moment and is then read by its parser.
"""

from collections.abc import Mapping, Sequence

from matchback.core.sql import literal, may_leak
from matchback.sources.kit.files import MAXIMUM_LINE

# An object with so many parts may be nested deeper than the careful way allows.
MAXIMUM_PARTS = 250
_BLANK = r"[ \t\r\v\f]*"
_OBJECT = r"^[ \t\r]*\{"
_TRAILING_COMMA = r",\s*[\]}]"
_CONTROL_ESCAPE = r"\\u00[017]"
_NOT_NUMBERS = ("NaN", "nan", "Inf", "inf")
_NOT_A_NUMBER = r"(?i)[:,\[{]\s*-?(?:nan|inf)"
_MOMENT = r'"[12]\d{3}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d(?:[.]\d{1,6})?Z"'
_ODD_ID = (
    r"(?i)^$|^\s|\s$|[^\x00-\x7f]|^(null|undefined|none|nan|anonymous|guest|0|\(not set\))$|"
    r"^ga\d|^['=]|^0{8}"
)
_INTEGER = r"-?\d{1,18}"


def plain_records(path: str, shape: str) -> str:
    """Return CTEs ending in `records`: a line's place and object, blank lines left out.

    `shape` is what `from_json` takes; an odd line has no record. The engine raises when the file is
    not text of lines that are short enough, in UTF-8, without NUL bytes and with one line end.
    """
    return f"""
        lines as (
            select raw, row_number() over () as row_number
            from read_csv(
                {literal(path)}, columns = {{'raw': 'VARCHAR'}}, header = false,
                auto_detect = false, delim = '', quote = '', escape = '',
                max_line_size = {MAXIMUM_LINE}
            )
        ),
        screened as (
            select row_number, case when {_is_plain("raw")} then raw end as plain
            from lines
            where not regexp_full_match(raw, {literal(_BLANK)})
        ),
        keyed as (
            select row_number, plain, try(json_keys('[' || plain || ']', '$.**')) as keys
            from screened
        ),
        records as (
            select
                row_number,
                case
                    when len(keys) <= {MAXIMUM_PARTS} and len(list_filter(
                        keys, lambda part: len(part) > 1 and list_unique(part) < len(part)
                    )) = 0
                    then from_json(plain, {literal(shape)})
                end as record
            from keyed
        )
    """


def plain_row(
    moment: tuple[str, str],
    *,
    texts: Mapping[str, str],
    choices: Mapping[str, str],
    others: Mapping[str, str] | None = None,
    conditions: Sequence[str] = (),
) -> str:
    """Return the select list over `records`: column -> expression of type JSON.

    `moment` is an expression and its column; `others` are taken as they are. A row has its moment
    only when all of it is plain.
    """
    source, name = moment
    sound = [
        f"regexp_full_match({source}, {literal(_MOMENT)})",
        *(_is_text(item) for item in texts.values()),
        *(f"coalesce({item} in ('true', 'false'), true)" for item in choices.values()),
        *conditions,
    ]
    columns = {
        name: f"case when {' and '.join(sound)} "
        f"then try_cast(json_extract_string({source}, '$') as timestamp) end",
        **{column: f"json_extract_string({item}, '$')" for column, item in texts.items()},
        **{column: f"try_cast({item} as boolean)" for column, item in choices.items()},
        **(others or {}),
    }
    written = ", ".join(f"{expression} as {column}" for column, expression in columns.items())
    return f"{written}, cast([] as varchar[]) as secret_fields, row_number"


def is_plain_id(item: str) -> str:
    """Return SQL: an identifier, or none, that is left as it is; see `kit.cells`."""
    text = f"json_extract_string({item}, '$')"
    return f"coalesce(not regexp_matches({text}, {literal(_ODD_ID)}), true)"


def _is_text(item: str) -> str:
    """Return SQL: nothing, a text, or a number that is written as its text."""
    return (
        f"case when {item} is null or starts_with({item}, '\"') then true "
        f"else regexp_full_match({item}, {literal(_INTEGER)}) end"
    )


def _is_plain(raw: str) -> str:
    """Return SQL: an object, without secrets and what the engine alone accepts or writes anew."""
    not_numbers = " or ".join(f"contains({raw}, {literal(word)})" for word in _NOT_NUMBERS)
    return f"""
        regexp_matches({raw}, {literal(_OBJECT)})
        and not {may_leak(raw)}
        and not regexp_matches({raw}, {literal(_TRAILING_COMMA)})
        and not regexp_matches({raw}, {literal(_CONTROL_ESCAPE)})
        and not case
            when {not_numbers} then regexp_matches({raw}, {literal(_NOT_A_NUMBER)})
            else false
        end
    """
