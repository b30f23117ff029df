"""The exposures of the dbt project name the tables that their readers really read."""

import re
from itertools import chain
from pathlib import Path

import yaml

from matchback.checks import CHECKS_SEED, SURFACES_SEED
from matchback.core.resources import DBT_DIRECTORY
from matchback.privacy.registry import PERSONAL_TABLES

ROOT = Path(__file__).parents[2]
REPORT_SQL = ROOT / "matchback" / "reporting" / "sql"
READ = re.compile(r"\b(?:marts|landing|ops|reference)\.(\w+)")
# What is known of checks and surfaces is read from the files of these seeds.
CHECKS, SURFACES = CHECKS_SEED.stem, SURFACES_SEED.stem
REFERRED = re.compile(r"'(\w+)'\)")


def tables_read(paths: list[Path]) -> set[str]:
    assert paths
    return set(READ.findall("\n".join(path.read_text(encoding="utf-8") for path in paths)))


def exposed(name: str) -> set[str]:
    files = [DBT_DIRECTORY / "models" / file for file in ("exposures.yml", "_access.yml")]
    exposures = [yaml.safe_load(file.read_text(encoding="utf-8"))["exposures"] for file in files]
    [exposure] = [one for one in chain(*exposures) if one["name"] == name]
    return {REFERRED.search(reference).group(1) for reference in exposure["depends_on"]}


def test_the_report_and_the_passport_expose_what_their_queries_read() -> None:
    passport = sorted(REPORT_SQL.glob("passport_*.sql"))
    schema_docs = REPORT_SQL.glob("schema_*.sql")
    report = sorted(set(REPORT_SQL.glob("*.sql")) - set(passport) - set(schema_docs))

    assert exposed("report") == tables_read(report) | {CHECKS, SURFACES}
    assert exposed("passport") == tables_read(passport)


def test_alerts_expose_the_marts_that_they_read() -> None:
    sources = sorted((ROOT / "matchback" / "alerting").glob("*.py"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)

    assert exposed("slack_alerts") == {*re.findall(r"\bmarts\.(\w+)", text), CHECKS}


def test_access_exposes_every_published_and_raw_table_with_references_to_persons() -> None:
    named = [table.name.split(".") for table in PERSONAL_TABLES]
    held = {table for schema, table in named if schema in ("marts", "landing")}

    assert held <= exposed("access")
