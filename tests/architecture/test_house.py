"""The house rules that a reader may rely on."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from matchback.core.resources import DBT_DIRECTORY, SQL_DIRECTORY

ROOT = Path(__file__).parents[2]

COLUMN = re.compile(r"^    `?(\w+)`? ", re.MULTILINE)
CLIENTS = {"duckdb", "google"}


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_core_imports_neither_prefect_nor_a_client() -> None:
    forbidden = {"prefect", "pandas", "great_expectations", *CLIENTS}
    guilty = {
        str(path.relative_to(ROOT)): imported(path) & forbidden
        for path in python_files("matchback/core")
        if imported(path) & forbidden
    }
    assert guilty == {}


def test_only_settings_and_the_prefect_api_read_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in python_files("matchback")
        if re.search(r"os\.environ\b|os\.getenv", path.read_text(encoding="utf-8"))
    }
    assert readers <= {
        "matchback/core/settings.py",
        "matchback/prefect_api.py",
        "matchback/cli.py",
    }


def test_the_clock_is_read_in_one_place() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for path in python_files("matchback")
        if re.search(r"datetime\.now\(|date\.today\(|utcnow\(", path.read_text(encoding="utf-8"))
    }
    # The scheduler sleeps by the real clock, a message's Retry-After date is held against it.
    assert readers <= {
        "matchback/core/clock.py",
        "matchback/schedule/serve.py",
        "matchback/alerting/slack.py",
    }


# DuckDB keeps GA4 rows in a table and in Parquet files; BigQuery's table is its view of both.
TWINS = {"ga4_rows.sql": "ga4_events.sql"}
ONLY_ON_DUCKDB = {"ga4_shards.sql"}


@pytest.mark.parametrize(
    "twin",
    [
        path
        for path in sorted((SQL_DIRECTORY / "ddl" / "duckdb").rglob("*.sql"))
        if path.name not in ONLY_ON_DUCKDB
    ],
    ids=lambda path: f"{path.parent.name}.{path.stem}",
)
def test_both_engines_declare_the_same_columns(twin: Path) -> None:
    name = TWINS.get(twin.name, twin.name)
    other = SQL_DIRECTORY / "ddl" / "bigquery" / twin.parent.name / name
    assert other.exists()
    assert COLUMN.findall(twin.read_text(encoding="utf-8")) == COLUMN.findall(
        other.read_text(encoding="utf-8")
    )


def test_no_model_asks_which_engine_it_runs_on() -> None:
    guilty = [
        path.name
        for path in (DBT_DIRECTORY / "models").rglob("*.sql")
        if re.search(r"target\.(type|name)|::", path.read_text(encoding="utf-8"))
    ]
    assert guilty == []


def test_every_cross_engine_macro_is_written_for_both() -> None:
    guilty = []
    for path in (DBT_DIRECTORY / "macros").rglob("*.sql"):
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"macro default__(\w+)", text):
            guilty += [
                f"{engine}__{name}"
                for engine in ("duckdb", "bigquery")
                if f"macro {engine}__{name}(" not in text
            ]
    assert guilty == []


def test_no_tracked_file_names_a_machine_or_an_index() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if tracked.returncode:
        pytest.skip("not a git checkout")
    forbidden = re.compile("/" + "work/|pypi" + r"\.org|/root" + "/")
    guilty = [
        name
        for name in tracked.stdout.split()
        if (ROOT / name).is_file()
        and forbidden.search((ROOT / name).read_text(encoding="utf-8", errors="ignore"))
    ]
    assert guilty == []
