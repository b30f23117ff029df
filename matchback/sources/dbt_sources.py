"""The sources of the dbt project, as the tables' declarations tell them."""

import csv
from collections.abc import Mapping
from typing import Any

import yaml

from matchback.core.resources import DBT_DIRECTORY, SEEDS_DIRECTORY
from matchback.sources.catalog import RECORDS, TABLES
from matchback.warehouse.tables import DATE, Table

SOURCES_FILE = DBT_DIRECTORY / "models" / "_sources.yml"
HEADER = "# Written by python -m matchback.sources.generate from the declarations.\n"
# The source of a schema: its name in dbt, and what is to be said of all its tables.
SOURCES: Mapping[str, tuple[str, str]] = {
    "landing": (
        "landing",
        "Rows as loaded from files or tables; written by the load flows, one transaction per file."
        "\n\n`dbt source freshness --select source:landing.<table>` asks for the age of the tables "
        "you use, in the hours of\nseed freshness_limits (GA4 counts from the start of its date, "
        "so a day more). The filters leave out nothing:\nBigQuery's partitioned tables demand one. "
        "The check source_freshness of every run measures the same at the end of\nits window.\n",
    ),
    "marts": (
        "published",
        "The published tables as the previous run left them, schema `marts`.\n\nThe models of the "
        "same names are built into schema `marts_next`. When the integrity audit has passed, a\n"
        "publish step outside dbt (matchback/build/publish.py) replaces the window of every table "
        "in `marts` with those\nrows, in one transaction. Lineage shows the two as separate nodes "
        "because dbt does not do the copying.\n",
    ),
    "ops": ("ops", "Bookkeeping of runs, contracts and erasures."),
}


def sources_yaml() -> str:
    """Return the text of the file."""
    sources = [
        {
            "name": name,
            "description": description,
            "schema": f"{{{{ env_var('MATCHBACK_DATASET_PREFIX', '') }}}}{schema}",
            "tables": [
                _table(table) for table in TABLES if table.is_read_by_dbt and table.schema == schema
            ],
        }
        for schema, (name, description) in SOURCES.items()
    ]
    told = {"version": 2, "sources": sources}
    return HEADER + yaml.dump(told, Dumper=_Dumper, sort_keys=False, width=1000)


def _table(table: Table) -> dict[str, Any]:
    freshness = {"config": _freshness(table)} if table in RECORDS else {}
    columns = [
        _OneLine(name=column.name, description=column.description)
        for column in table.columns
        if column.description
    ]
    return {
        "name": table.short_name,
        "description": table.description,
        **freshness,
        **({"columns": columns} if columns else {}),
    }


def _freshness(table: Table) -> dict[str, Any]:
    """The hours of the check of the same name; a date counts from its start."""
    with (SEEDS_DIRECTORY / "freshness_limits.csv").open(encoding="utf-8", newline="") as file:
        [limits] = [row for row in csv.DictReader(file) if row["source"] == table.source]
    kind = table.types[table.moment or ""]
    more = 24 if kind == DATE else 0
    begin = "date '2000-01-01'" if kind == DATE else "timestamp '2000-01-01 00:00:00'"
    return {
        "loaded_at_field": f"cast({table.moment} as timestamp)" if kind == DATE else table.moment,
        "freshness": {
            **({"filter": f"{table.moment} > {begin}"} if table.needs_filter else {}),
            "warn_after": {"count": int(limits["pass_hours"]) + more, "period": "hour"},
            "error_after": {"count": int(limits["warn_hours"]) + more, "period": "hour"},
        },
    }


class _OneLine(dict[str, str]):
    """A mapping that is written in one line."""


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as blocks, and nothing is an anchor."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _one_line(dumper: yaml.SafeDumper, mapping: _OneLine) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", mapping, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_OneLine, _one_line)
