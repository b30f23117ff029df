"""dbt's whole conversation with BigQuery, held once a session with the offline client."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from matchback.core.resources import DBT_DIRECTORY, PACKAGE_ROOT
from tests.bigquery.emulator import Emulator, running_emulator

pytest.importorskip("zetasql", reason="the GoogleSQL analyzer (package zetasql) is not installed")

if TYPE_CHECKING:
    from tests.bigquery.googlesql import GoogleSql

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Conversation:
    """What dbt sent, what it said about its nodes, and the relations that came of it."""

    code: int
    output: str
    statements: list[Statement]
    columns: dict[str, dict[str, str]]
    manifest: Mapping[str, Any]
    results: Mapping[str, str]

    def of(self, node: str, invocation: int) -> list[Statement]:
        """Return the statements of a node in one invocation."""
        return [
            statement
            for statement in self.statements
            if statement["invocation"] == invocation and statement["node"].endswith(f".{node}")
        ]

    def nodes(self, kind: str) -> list[str]:
        """Return the unique ids of the project's nodes of a kind."""
        return [name for name in self.manifest["nodes"] if name.startswith(f"{kind}.")]


def converse(
    folder: Path, *invocations: list[str], settings: Mapping[str, Any] | None = None
) -> Conversation:
    """Run dbt on the offline client, one process, invocations in order."""
    record = folder / "record.json"
    common = ["--quiet", "--no-use-colors"]
    options = ["--project-dir", str(DBT_DIRECTORY), "--vars", json.dumps(dict(settings or {}))]
    arguments = [
        part for invocation in invocations for part in ["--", *common, *invocation, *options]
    ]
    finished = subprocess.run(
        [sys.executable, "-m", "tests.bigquery.offline_dbt", str(record), *arguments],
        cwd=PACKAGE_ROOT.parent,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "DO_NOT_TRACK": "1",
            "PYTHONWARNINGS": "ignore",
            "DBT_PROFILES_DIR": str(DBT_DIRECTORY),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            "MATCHBACK_ENGINE": "bigquery_offline",
            "MATCHBACK_DATASET_PREFIX": "matchback_",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert record.exists(), finished.stderr[-2000:]
    recorded = json.loads(record.read_text(encoding="utf-8"))
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))
    return Conversation(
        code=finished.returncode,
        output=finished.stdout[-4000:],
        manifest=json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8")),
        results={item["unique_id"]: item["status"] for item in results["results"]},
        **recorded,
    )


@pytest.fixture(scope="session")
def analyzer() -> "GoogleSql":
    """Google's analyzer with every declared table."""
    from tests.bigquery.googlesql import with_declared_tables

    return with_declared_tables()


@pytest.fixture(scope="session")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Conversation:
    """Seeds, then every model twice: the second time the tables are there already."""
    folder = tmp_path_factory.mktemp("bigquery")
    return converse(folder, ["seed"], ["run"], ["run"])


@pytest.fixture(scope="session")
def after_two_days(two_days: Conversation) -> "GoogleSql":
    """Google's analyzer with every relation that dbt has made."""
    from tests.bigquery.googlesql import GoogleSql

    google = GoogleSql()
    for name, columns in two_days.columns.items():
        google.declare(tuple(name.split(".")), columns)
    return google


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for the session; a test takes datasets of its own name."""
    pytest.importorskip("bqemulator", reason="the BigQuery emulator is not installed")
    with running_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running
