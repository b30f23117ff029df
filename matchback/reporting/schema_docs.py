"""The schema documentation: every key of matchback.yml and the contract of every source."""

from dataclasses import dataclass
from typing import Any

from matchback.config import Config
from matchback.reporting import pages
from matchback.reporting.query import query
from matchback.reporting.totals import grouped
from matchback.warehouse.base import Warehouse


@dataclass(frozen=True)
class Setting:
    """One key of a section of matchback.yml."""

    key: str
    kind: str
    default: str


@dataclass(frozen=True)
class Section:
    """One object of matchback.yml with its keys."""

    name: str
    meaning: str
    settings: list[Setting]


@dataclass(frozen=True)
class Entry:
    """One thing that a contract promises."""

    source: str
    version: int
    kind: str
    event_name: str | None
    path: str
    family: str | None
    presence_share: float | None
    is_required: bool


@dataclass(frozen=True)
class Contract:
    """What one source promises: columns, keys and parameters with their share of rows."""

    source: str
    version: int
    entries: list[Entry]


def schema_page(warehouse: Warehouse) -> str:
    """Return the schema documentation as one self-contained page."""
    return pages.render(
        "schema.html.j2",
        sections=config_sections(Config.model_json_schema()),
        contracts=_contracts(warehouse),
        style=pages.asset("style.css"),
    )


def config_sections(schema: dict[str, Any]) -> list[Section]:
    """Return the top level of a JSON Schema and each object below it, by name."""
    top = Section("matchback.yml", schema.get("description", ""), _settings(schema))
    below = [
        Section(name.removesuffix("Config"), part.get("description", ""), _settings(part))
        for name, part in sorted(schema["$defs"].items())
        if "properties" in part
    ]
    return [top, *below]


def _settings(schema: dict[str, Any]) -> list[Setting]:
    required = schema.get("required", [])
    return [
        Setting(key, _kind(part), "required" if key in required else _default(part))
        for key, part in sorted(schema["properties"].items())
    ]


def _kind(part: dict[str, Any]) -> str:
    """Return the type of a key in words."""
    if "$ref" in part:
        return str(part["$ref"]).rpartition("/")[2].removesuffix("Config")
    options = part.get("anyOf") or part.get("oneOf")
    if options:
        return " or ".join(_kind(one) for one in options if one.get("type") != "null")
    if "enum" in part or "const" in part:
        return ", ".join(str(value) for value in part.get("enum", [part.get("const")]))
    if part.get("type") == "array":
        return f"list of {_kind(part.get('items', {}))}"
    if isinstance(part.get("additionalProperties"), dict):
        return f"names with {_kind(part['additionalProperties'])}"
    return str(part.get("type", "any"))


def _default(part: dict[str, Any]) -> str:
    value = part.get("default")
    if value is None or value in ({}, []):
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _contracts(warehouse: Warehouse) -> list[Contract]:
    entries = grouped(
        query(warehouse, Entry, "schema_contract_entries", {}), lambda one: one.source
    )
    return [Contract(source, rows[0].version, rows) for source, rows in entries.items()]
