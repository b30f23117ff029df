"""Opt-in: one simulated day on a real project, against DuckDB; it costs a few cents at most.

Run it with credentials and a project of your own:
`MATCHBACK_BIGQUERY_PROJECT=my-project pytest tests/bigquery/test_real_project.py`. It makes
datasets `matchback_smoke_<time>_...` in `MATCHBACK_BIGQUERY_LOCATION` (default EU) and deletes
them at the end.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud import bigquery

from tests.runs import Finished, matchback

PROJECT = os.environ.get("MATCHBACK_BIGQUERY_PROJECT", "")
LOCATION = os.environ.get("MATCHBACK_BIGQUERY_LOCATION", "EU")
KEPT = ("GOOGLE_APPLICATION_CREDENTIALS", "HOME", "CLOUDSDK_CONFIG", "PATH")
DUCKDB = "warehouse: {engine: duckdb, path: warehouse.duckdb}"
RUN = ("run", "--start", "2026-11-09", "--end", "2026-11-10", "--as-of", "2026-11-20T12:00:00Z")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROJECT, reason="MATCHBACK_BIGQUERY_PROJECT names no project"),
]


@pytest.fixture
def dataset() -> Iterator[str]:
    name = f"matchback_smoke_{int(time.time())}"
    yield name
    client = bigquery.Client(project=PROJECT, location=LOCATION)
    for found in list(client.list_datasets()):
        if found.dataset_id.startswith(f"{name}_"):
            client.delete_dataset(found.dataset_id, delete_contents=True)


def test_a_real_project_comes_to_the_verdict_of_duckdb(tmp_path: Path, dataset: str) -> None:
    on_duckdb, on_bigquery = _world(tmp_path / "duckdb"), _world(tmp_path / "bigquery")
    config = on_bigquery / "matchback.yml"
    warehouse = (
        f"warehouse: {{engine: bigquery, project: {PROJECT}, dataset: {dataset}, "
        f"location: {LOCATION}, maximum_bytes_billed: 1GB}}"
    )
    config.write_text(config.read_text(encoding="utf-8").replace(DUCKDB, warehouse))

    expected = matchback(on_duckdb, *RUN, "--json").json()
    first, again = _run(on_bigquery), _run(on_bigquery)

    for found in (first, again):
        assert found.code in {0, 1}, found.stderr
        for part in ("grade", "checks", "findings", "published"):
            assert found.json()[part] == expected[part]
    assert first.json()["loads"] == expected["loads"]
    assert all(load["files_loaded"] == 0 for load in again.json()["loads"])


def _world(folder: Path) -> Path:
    made = matchback(folder.parent, "simulate", "--out", folder.name, "--preset", "demo")
    assert made.code == 0, made.stderr
    return folder


def _run(folder: Path) -> Finished:
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    return matchback(folder, *RUN, "--json", environment=environment)
