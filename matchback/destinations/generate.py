"""Write the seeds and the macro that models read from the definitions: `python -m ...generate`."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from matchback.core.resources import DBT_DIRECTORY, SEEDS_DIRECTORY
from matchback.destinations.definition import Destination, destinations, policies

MACRO = DBT_DIRECTORY / "macros" / "generated" / "destinations.sql"
Cell = str | int | float | bool | None


def generated_files() -> dict[Path, str]:
    """Return every generated file with its content."""
    seeds = {
        "destination_events": _events(),
        "destination_keys": _keys(),
        "destination_error_codes": _error_codes(),
        "destination_policy": _policies(),
        "field_policy": _fields(),
    }
    files = {SEEDS_DIRECTORY / f"{name}.csv": _as_csv(rows) for name, rows in seeds.items()}
    return files | {MACRO: _macro()}


def main() -> None:
    """Write the files."""
    for path, content in generated_files().items():
        path.write_text(content, encoding="utf-8")


def _events() -> Iterable[Mapping[str, Cell]]:
    for one in destinations():
        for canonical_event, names in one.events.items():
            for position, name in enumerate(names, start=1):
                yield {
                    "destination": one.name,
                    "canonical_event": canonical_event,
                    "event_name": name,
                    "position": position,
                }


def _keys() -> Iterable[Mapping[str, Cell]]:
    for one in destinations():
        rank = 0
        for key, identifier in one.identifiers.items():
            match, click = identifier.match, identifier.click
            rank += match is not None
            yield {
                "destination": one.name,
                "match_key": key,
                "field_path": one.identifier_path(key).removeprefix("$."),
                "hash_rule": identifier.hash,
                "pattern_in_words": identifier.pattern_in_words,
                "landing_parameter": click.landing_parameter if click else None,
                "label": match.label if match else None,
                "rank": rank if match else None,
                "index_weight": match.weight if match else None,
                "must_be_hashed": identifier.hash == "required",
                "expected_effect": match.effect if match else None,
                "advice": match.advice if match else None,
            }


def _error_codes() -> Iterable[Mapping[str, Cell]]:
    for one in destinations():
        for group in one.error_classes.codes:
            for code in group.codes:
                yield {
                    "destination": one.name,
                    "code": code,
                    "subcode": group.subcode,
                    "error_class": group.error_class,
                }


def _policies() -> Iterable[Mapping[str, Cell]]:
    for name, policy in policies().items():
        yield {"destination": name, "required_tier": policy.required_tier}


def _fields() -> Iterable[Mapping[str, Cell]]:
    for name, policy in policies().items():
        for field in policy.allowed_fields:
            yield {"destination": name, "field_name": field}


def _as_csv(rows: Iterable[Mapping[str, Cell]]) -> str:
    listed = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(listed[0]), lineterminator="\n")
    writer.writeheader()
    for row in listed:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return text.getvalue()


def _cell(value: Cell) -> Cell:
    return str(value).lower() if isinstance(value, bool) else value


def _macro() -> str:
    """Return the definitions as one Jinja value: what models must know while they compile."""
    lines = [
        "{#- Generated from the definitions by python -m matchback.destinations.generate. -#}",
        "{% macro destinations() -%}",
        "    {{ return({",
    ]
    for one in destinations():
        lines += [f"        '{one.name}': {{"]
        for name, value in _compiled(one).items():
            lines += [f"            '{name}': {_literal(value)},"]
        lines += ["        },"]
    return "\n".join([*lines, "    }) }}", "{%- endmacro %}", ""])


def _compiled(one: Destination) -> dict[str, object]:
    by_role = {
        role: [key for key, identifier in one.identifiers.items() if identifier.hash in hashes]
        for role, hashes in {"hashed": ("required", "optional"), "raw": ("never",)}.items()
    }
    identifiers = one.identifiers.items()
    return {
        "is_default": one.is_default,
        "account": one.account.model_dump(exclude_none=True),
        "request": one.request.model_dump(exclude_none=True),
        "answer": one.answer.model_dump(exclude_none=True),
        "statuses": [
            [status.first, status.last, status.error_class] for status in one.error_classes.statuses
        ],
        "other_status": one.error_classes.otherwise,
        "time_format": one.time_format,
        "fields": one.fields,
        "rule_paths": {
            name: one.path_of(name)
            for required in one.rules.required
            for name in required.fields
            if name not in one.objects
        },
        "items": one.items.model_dump(),
        "top_keys": one.payload.top,
        "objects": one.objects,
        "identifiers_in": one.payload.identifiers_in,
        "known_keys": [*one.payload.top, *one.objects, *one.payload.other_objects],
        "identifiers": {key: one.identifier_path(key) for key in one.identifiers},
        "lists": [key for key, identifier in identifiers if identifier.is_list],
        "hashed": by_role["hashed"],
        "raw": by_role["raw"],
        "may_be_raw": [key for key, identifier in identifiers if identifier.hash == "optional"],
        "patterns": {
            key: identifier.pattern for key, identifier in identifiers if identifier.pattern
        },
        "customer_keys": [key for key, identifier in identifiers if identifier.match],
        "identities": {
            key: identifier.identity.model_dump(exclude_none=True)
            for key, identifier in identifiers
            if identifier.identity
        },
        "clicks": {
            key: identifier.click.landing_parameter
            for key, identifier in identifiers
            if identifier.click
        },
        "rules": one.rules.model_dump(exclude_none=True, by_alias=False),
    }


def _literal(value: object) -> str:
    """Return a value as Jinja writes it: JSON without null."""
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    main()
