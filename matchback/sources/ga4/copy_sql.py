"""GoogleSQL that copies a date of the GA4 export into landing: fitted, redacted, each row once."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from matchback.core.redaction import PATTERNS, PLACEHOLDER
from matchback.core.sql import MARKERS
from matchback.sources.ga4.shapes import PARAMETER_LISTS

# Row numbers are given out in so many groups side by side; one worker cannot number a large day.
GROUPS = 1000
QUOTES = re.compile(r"""\\\\|\\?["']""")
NUMBERS = {'"': r"\x22", r"\"": r"\x22", "'": r"\x27", r"\'": r"\x27"}


@dataclass(frozen=True)
class Field:
    """A column or a field of a struct; `kind` in GoogleSQL's words, STRUCT with its fields."""

    name: str
    kind: str
    is_list: bool = False
    fields: tuple["Field", ...] = ()

    @property
    def type_text(self) -> str:
        """The type as a cast writes it."""
        kind = self.kind
        if self.fields:
            kind = f"struct<{', '.join(f'{one.name} {one.type_text}' for one in self.fields)}>"
        return f"array<{kind}>" if self.is_list else kind


def copy_statement(
    export: str,
    day: date,
    suffixes: Sequence[str],
    wanted: Sequence[Field],
    found: Sequence[Field],
    run_id: str,
) -> str:
    """Return the query whose rows are the whole partition of a date.

    `export` is `project.dataset`; of the export only columns that landing holds are read. A row
    without name or time is left out, as is the second of two equal rows of a table.
    """
    columns = [
        f"{_fitted(f'event.{_quoted(field.name)}', field, _named(found, field.name))} "
        f"as {_quoted(field.name)}"
        for field in wanted
    ]
    names = [_quoted(field.name) for field in wanted]
    return f"""with exported as (
    select
        {_lines(columns)},
        {export_kind()} as export_kind,
        date '{day}' as table_date,
        concat('events_', _table_suffix) as file_name,
        {_secret_fields(found)} as secret_fields
    from `{export}.events_*` as event
    where {of_suffixes(suffixes)} and event_timestamp is not null and event_name is not null
),
written as (
    select *, to_json_string(struct({", ".join(names)})) as content from exported
),
grouped as (
    select
        *,
        row_number() over (partition by file_name, content) as repeat_number,
        mod(farm_fingerprint(content), {GROUPS // 2}) + {GROUPS // 2} as group_number
    from written
)
select
    {_lines(names)},
    export_kind,
    table_date,
    file_name,
    (row_number() over (partition by file_name, group_number order by content) - 1) * {GROUPS}
        + group_number as row_number,
    '{run_id}' as run_id,
    cast(null as string) as extra_columns,
    secret_fields
from grouped
where repeat_number = 1"""


def count_statement(export: str, suffixes: Sequence[str]) -> str:
    """Return the query for rows and unusable rows of each table; reads two columns."""
    return (
        "select concat('events_', _table_suffix) as file_name, count(*) as row_count, "
        "countif(event_timestamp is null or event_name is null) as unusable_count "
        f"from `{export}.events_*` as event where {of_suffixes(suffixes)} group by file_name"
    )


def quarantine_statement(export: str, names: Sequence[str]) -> str:
    """Return the insert of rows that are no events, redacted; parameters run_id and now."""
    raw = redacted("to_json_string(event)")
    return (
        "insert into quarantine.rejected_rows (source, source_format, file_name, row_number, "
        "reason, raw, digest, run_id, quarantined_at) "
        f"select 'ga4', concat('ga4_', {export_kind()}), concat('events_', _table_suffix), "
        "row_number() over (partition by _table_suffix order by to_json_string(event)), "
        f"'has no event_name or event_timestamp', {raw}, "
        "to_hex(sha256(to_json_string(event))), $run_id, $now "
        f"from `{export}.events_*` as event "
        f"where {of_suffixes([name.removeprefix('events_') for name in names])} "
        "and (event_timestamp is null or event_name is null)"
    )


def of_suffixes(suffixes: Sequence[str]) -> str:
    """Return the condition that prunes the export to some of its tables."""
    listed = ", ".join(f"'{suffix}'" for suffix in suffixes)
    return f"_table_suffix in ({listed})"


def export_kind() -> str:
    """Return SQL of the kind that a table's suffix tells."""
    return (
        "case when starts_with(_table_suffix, 'intraday_') then 'intraday' "
        "when starts_with(_table_suffix, 'fresh_') then 'fresh' else 'daily' end"
    )


def redacted(text: str) -> str:
    """Return SQL that redacts a text by the one rule of matchback.core.redaction."""
    clean = text
    for pattern in PATTERNS:
        clean = f"regexp_replace({clean}, {_pattern(pattern)}, r'\\1{PLACEHOLDER}')"
    return f"case when {_may_leak(text)} then {clean} else {text} end"


def _fitted(source: str, wanted: Field, found: Field | None, *, depth: int = 0) -> str:
    """Return SQL of a found column in landing's shape; null for what is not there."""
    if (
        found is None
        or found.is_list != wanted.is_list
        or bool(found.fields) != bool(wanted.fields)
    ):
        return f"cast(null as {wanted.type_text})"
    if not wanted.is_list:
        return _single(source, wanted, found, depth)
    if wanted == found and wanted.name not in PARAMETER_LISTS:
        return source
    item, position = f"item_{depth}", f"position_{depth}"
    if wanted.name in PARAMETER_LISTS:
        inner = _parameter(item, wanted, found)
    else:
        inner = _single(item, wanted, found, depth + 1)
    return (
        f"array(select {inner} from unnest({source}) as {item} with offset as {position} "
        f"order by {position})"
    )


def _single(source: str, wanted: Field, found: Field, depth: int) -> str:
    if not wanted.fields:
        return source if wanted.kind == found.kind else f"safe_cast({source} as {wanted.kind})"
    if wanted.fields == found.fields:
        return source
    parts = []
    for one in wanted.fields:
        held = _named(found.fields, one.name)
        part = _fitted(f"{source}.{_quoted(one.name)}", one, held, depth=depth)
        parts.append(f"{part} as {_quoted(one.name)}")
    return f"if({source} is null, null, struct({', '.join(parts)}))"


def _parameter(item: str, wanted: Field, found: Field) -> str:
    """Return SQL of one parameter with its text redacted."""
    value = _named(wanted.fields, "value")
    found_value = _named(found.fields, "value")
    slots = []
    for slot in value.fields if value else ():
        source = f"{item}.value.{_quoted(slot.name)}"
        held = _named(found_value.fields, slot.name) if found_value else None
        text = redacted(source) if slot.name == "string_value" and held else None
        slots.append(f"{text or _fitted(source, slot, held)} as {_quoted(slot.name)}")
    return f"struct({item}.key as key, struct({', '.join(slots)}) as value)"


def _secret_fields(found: Sequence[Field]) -> str:
    lists = [
        f"array(select concat('{name}.', item.key) from unnest(event.{name}) as item "
        f"where {_may_leak('item.value.string_value')} "
        f"and {redacted('item.value.string_value')} <> item.value.string_value)"
        for name in PARAMETER_LISTS
        if _has_texts(_named(found, name))
    ]
    return f"array_concat({', '.join(lists)})" if lists else "cast([] as array<string>)"


def _has_texts(parameters: Field | None) -> bool:
    value = _named(parameters.fields, "value") if parameters else None
    return bool(value and _named(value.fields, "string_value"))


def _may_leak(text: str) -> str:
    markers = "|".join(marker.replace(".", "[.]") for marker in MARKERS)
    return f"regexp_contains({text}, r'{markers}')"


def _pattern(pattern: str) -> str:
    """Return a pattern as a raw literal, its quotes spelled by their numbers."""
    spelled = QUOTES.sub(lambda found: NUMBERS.get(found[0], found[0]), pattern)
    return f"r'{spelled}'"


def _named(fields: Sequence[Field], name: str) -> Field | None:
    return next((field for field in fields if field.name.lower() == name.lower()), None)


def _quoted(name: str) -> str:
    return f"`{name}`"


def _lines(items: Sequence[str]) -> str:
    return ",\n        ".join(items)
