"""The house rules that a reader may rely on."""

import re
import subprocess

import pytest

from matchback.core.resources import DBT_DIRECTORY
from tests.architecture.shipped import ROOT, imported_modules, shipped_modules

CLIENTS = {"duckdb", "google"}


def modules_with(pattern: str) -> set[str]:
    """Return the modules whose text a pattern finds."""
    return {
        module
        for module, path in shipped_modules().items()
        if re.search(pattern, path.read_text(encoding="utf-8"))
    }


def test_core_imports_neither_prefect_nor_a_client() -> None:
    forbidden = {"prefect", "pandas", "great_expectations", *CLIENTS}
    guilty = {
        module: found
        for module, path in shipped_modules().items()
        if module.startswith("matchback.core.")
        and (found := {name.partition(".")[0] for name in imported_modules(path)} & forbidden)
    }
    assert guilty == {}


def test_only_settings_and_the_prefect_api_read_the_environment() -> None:
    assert modules_with(r"os\.environ\b|os\.getenv") <= {
        "matchback.core.settings",
        "matchback.prefect_api",
        "matchback.cli",
    }


def test_no_error_is_swallowed_whatever_it_is() -> None:
    assert modules_with(r"suppress\(Exception\)") == set()


def test_the_clock_is_read_in_one_place() -> None:
    # The scheduler sleeps by the real clock, a message's Retry-After date is held against it.
    assert modules_with(r"datetime\.now\(|date\.today\(|utcnow\(") <= {
        "matchback.core.clock",
        "matchback.schedule.jobs",
        "matchback.schedule.serve",
        "matchback.alerting.slack",
    }


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
        for name in re.findall(r"adapter\.dispatch\('(\w+)', 'matchback'\)", text):
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
