"""matchback doctor: every thing that a run needs is looked at, and nothing is changed."""

import json

import pytest
from typer.testing import CliRunner

from matchback.cli import app
from matchback.doctor import examine
from tests.load_kit import Project

MINIMAL = 'sources: {ga4: {path: "data/*.json"}}\n'


@pytest.fixture
def diagnose(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "events_20261101.json").write_text("{}\n", encoding="utf-8")

    def run(text):
        path = tmp_path / "matchback.yml"
        path.write_text(text, encoding="utf-8")
        result = CliRunner().invoke(app, ["doctor", "--json", "--config", str(path)])
        said = json.loads(result.stdout)
        found = {one["subject"]: (one["is_well"], one["sentence"]) for one in said["diagnoses"]}
        return result.exit_code, found

    return run


def test_a_setup_that_can_run_is_well_and_what_is_assumed_is_said(diagnose, tmp_path):
    code, found = diagnose(MINIMAL)
    assert code == 0
    is_well, sentence = found["property.default_country"]
    assert is_well
    assert "read as US" in sentence
    assert not (tmp_path / "warehouse.duckdb").exists()


def test_a_home_country_that_does_not_exist_is_named(diagnose):
    code, found = diagnose(MINIMAL + "property: {default_country: XX}\n")
    assert code == 3
    assert found["property.default_country"] == (
        False, "XX is no known country; give its ISO code, like DE"
    )  # fmt: skip
    assert diagnose(MINIMAL + "property: {default_country: DE}\n")[0] == 0


def test_a_folder_of_the_warehouse_that_is_missing_or_no_folder_is_named(diagnose, tmp_path):
    code, found = diagnose(MINIMAL + "warehouse: {path: deep/er/w.duckdb}\n")
    assert (code, found["warehouse"][0]) == (0, True)
    assert "will make the folder" in found["warehouse"][1]
    (tmp_path / "deep").write_text("a file", encoding="utf-8")
    code, found = diagnose(MINIMAL + "warehouse: {path: deep/er/w.duckdb}\n")
    assert (code, found["warehouse"][0]) == (3, False)
    assert "correct warehouse.path" in found["warehouse"][1]


def test_a_warehouse_that_is_no_database_is_named(diagnose, tmp_path):
    (tmp_path / "warehouse.duckdb").write_bytes(b"no database" * 1000)
    code, found = diagnose(MINIMAL)
    assert (code, found["warehouse"][0]) == (3, False)


def test_what_the_reading_of_orders_takes_for_granted_is_named(tmp_path):
    columns = {"order_id": "Name", "ordered_at": "At", "status": "Status"}
    project = Project(tmp_path, {"crm": {"path": "orders.csv", "columns": columns}})
    project.write("orders.csv", "Name,At,Status\n1,05/11/2026,paid\n2,06/11/2026,Geliefert\n")
    project.load()
    project.warehouse.close()
    found = {one.subject: one.sentence for one in examine(project.config)}
    assert "'orders.csv' proves the order of day and month" in found["sources.crm.date_format"]
    assert "unknown status 'geliefert' are taken as valid" in found["sources.crm.statuses"]


def test_a_readable_warehouse_and_a_key_beside_its_data_are_told(tmp_path):
    project = Project(tmp_path, {"crm": {"path": "data/orders_*", "preset": "shopify"}})
    project.warehouse.close()
    project.warehouse.path.chmod(0o644)
    project.config.state_folder.mkdir(exist_ok=True)
    project.config.suppression_key_file.write_text("00")

    told = {one.subject: one for one in examine(project.config)}

    assert not told["modes"].is_well
    assert "warehouse.duckdb" in told["modes"].sentence
    assert "MATCHBACK_SUPPRESSION_KEY" in told["suppression key"].sentence
