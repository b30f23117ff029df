"""Large shards stay Parquet beside the warehouse: what the view shows, what becomes of files."""

import shutil
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from matchback.core.errors import WarehouseCorruptError
from matchback.opening import open_duckdb
from matchback.privacy.scan import scan_new_rows
from matchback.sources.ga4.shard_store import EVENTS, ROWS, SHARDS, store_of
from tests.fixtures.tokens import TOKEN
from tests.load_kit import Project, ga4_event, lines

GA4 = {"ga4": {"path": "data/events_*"}}
EVERY_COLUMN = f"select * exclude (run_id) from {EVENTS} order by table_date, file_name, row_number"


@pytest.fixture(autouse=True)
def _store_everything(monkeypatch):
    monkeypatch.setattr("matchback.sources.ga4.land.PARQUET_FROM_ROWS", 0)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path, GA4)


def write_shard(project, name, *numbers, **changes):
    """Write events as Parquet in the types of the export."""
    text = project.write("lines.json", lines(ga4_event(number, **changes) for number in numbers))
    types = {
        row["column_name"]: row["column_type"]
        for row in project.rows(f"describe {ROWS}")
        if row["column_name"] in ga4_event(0, **changes)
    }
    path = project.root / "data" / name
    path.parent.mkdir(exist_ok=True)
    duckdb.execute(
        f"copy (from read_json('{text}', format = 'newline_delimited', columns = {types})) "
        f"to '{path}' (format parquet)"
    )
    text.unlink()
    return path


def stored(project):
    return [row["file_name"] for row in project.rows(f"select * from {SHARDS} order by file_name")]


def folder_of(warehouse: Path) -> Path:
    return warehouse.with_name(f"{warehouse.name}.shards")


def files_beside(warehouse: Path) -> int:
    return sum(path.is_file() for path in folder_of(warehouse).rglob("*"))


def test_a_shard_reads_the_same_from_its_file_and_from_rows(project, tmp_path, monkeypatch):
    write_shard(project, "events_20261112.parquet", *range(5))
    write_shard(project, "events_20261113.parquet", 9, geo={"city": "Köln"})
    project.load()
    as_files = project.rows(EVERY_COLUMN)
    assert project.count(ROWS) == 0

    monkeypatch.setattr("matchback.sources.ga4.land.PARQUET_FROM_ROWS", 100)
    shutil.copytree(tmp_path / "data", tmp_path / "again" / "data")
    other = Project(tmp_path / "again", GA4)
    other.load()

    assert other.count(ROWS) == 6
    assert as_files == other.rows(EVERY_COLUMN)


def test_files_and_rows_are_shown_together(project):
    write_shard(project, "events_20261112.parquet", 1, 2)
    project.load()
    project.write("data/events_20261113.json", lines([ga4_event(3)]))
    project.load()
    write_shard(project, "events_20261114.parquet", 4)
    project.load()

    assert [row["row_number"] for row in project.rows(EVERY_COLUMN)] == [1, 2, 1, 1]
    assert stored(project) == ["events_20261112.parquet", "events_20261114.parquet"]


def test_a_changed_shard_replaces_its_file(project):
    path = write_shard(project, "events_20261112.parquet", 1, 2)
    project.load()
    path.unlink()
    write_shard(project, "events_20261112.parquet", 3)
    project.load()

    assert project.count() == 1
    project.warehouse.close()
    assert files_beside(project.warehouse.path) == 1


def test_rows_of_a_shard_that_is_gone_stay(project):
    write_shard(project, "events_20261112.parquet", 1, 2)
    project.load()
    (project.root / "data" / "events_20261112.parquet").unlink()
    write_shard(project, "events_20261113.parquet", 3)
    project.load()

    assert project.count() == 3


def test_rows_that_two_shards_share_are_shown_once(project):
    write_shard(project, "events_20261112_1.parquet", 1, 2)
    write_shard(project, "events_20261112_2.parquet", 2, 3, 3)
    summary = project.load()

    assert summary.rows_duplicate == 2
    assert project.count() == 3
    project.assert_conserved()


def test_an_odd_name_survives_the_path(project):
    name = "events_20261112 100%25=a'b[1].parquet"
    write_shard(project, "events_20261112.parquet", 1).rename(project.root / "data" / name)
    project.load()

    assert [row["file_name"] for row in project.rows(EVERY_COLUMN)] == [name]


def test_deleting_some_rows_of_a_shard_leaves_the_others(project):
    write_shard(project, "events_20261112.parquet", 1, 2, 3)
    write_shard(project, "events_20261113.parquet", 4)
    project.load()
    before = project.rows(EVERY_COLUMN)

    with project.warehouse.transaction():
        project.warehouse.delete_rows(EVENTS, "user_pseudo_id = ?", ["2.1690000000"])

    assert project.rows(EVERY_COLUMN) == [before[0], before[2], before[3]]
    assert stored(project) == ["events_20261113.parquet"]
    project.warehouse.close()
    assert files_beside(project.warehouse.path) == 1


def test_a_rolled_back_change_leaves_every_row(project):
    write_shard(project, "events_20261112.parquet", 1, 2, 3)
    project.load()
    before = project.rows(EVERY_COLUMN)

    with suppress(ZeroDivisionError), project.warehouse.transaction():
        project.warehouse.delete_rows(EVENTS, "user_pseudo_id = ?", ["2.1690000000"])
        raise ZeroDivisionError
    project.warehouse.apply_ddl()

    assert project.rows(EVERY_COLUMN) == before


def test_a_file_that_no_transaction_names_is_swept(project):
    write_shard(project, "events_20261112.parquet", 1)
    project.load()
    [landed] = [path for path in folder_of(project.warehouse.path).rglob("*") if path.is_file()]
    shutil.copyfile(landed, landed.with_name("left by a killed run.parquet"))

    project.warehouse.apply_ddl()

    assert files_beside(project.warehouse.path) == 1
    assert project.count() == 1


def test_a_moved_warehouse_is_found_by_the_next_run(project, tmp_path):
    write_shard(project, "events_20261112.parquet", 1)
    project.load()
    project.warehouse.close()
    moved = tmp_path / "moved" / "warehouse.duckdb"
    moved.parent.mkdir()
    folder_of(project.warehouse.path).rename(folder_of(moved))
    project.warehouse.path.rename(moved)

    with (
        open_duckdb(moved, read_only=True) as warehouse,
        pytest.raises(WarehouseCorruptError, match="was moved"),
    ):
        warehouse.rows(EVERY_COLUMN)
    with open_duckdb(moved) as warehouse:
        warehouse.apply_ddl()
        assert len(warehouse.rows(EVERY_COLUMN)) == 1


def test_a_missing_file_is_named_and_nothing_is_guessed(project):
    write_shard(project, "events_20261112.parquet", 1)
    project.load()
    shutil.rmtree(folder_of(project.warehouse.path))

    with pytest.raises(WarehouseCorruptError, match=r"events_20261112\.parquet is missing"):
        project.warehouse.apply_ddl()


def test_texts_are_noted_for_the_scan_unless_they_hold_a_secret(project):
    page = {"key": "page_location", "value": {"string_value": f"https://a.example/?t={TOKEN}"}}
    write_shard(project, "events_20261112.parquet", 1)
    write_shard(project, "events_20261113.parquet", 2, event_params=[page])
    project.load()

    store = store_of(project.warehouse)
    noted = store.texts_of("event_params", ["events_20261112.parquet"])
    assert project.rows(f"select value from {noted} order by 1")[0]["value"] == "pv_1"
    assert store.texts_of("event_params", ["events_20261113.parquet"]) is None
    assert stored(project) == ["events_20261112.parquet"]


def test_leaves_that_no_row_fills_are_not_scanned_and_all_others_are(project):
    hollow, plain = "events_20261112.parquet", "events_20261113.parquet"
    write_shard(project, hollow, 1, geo={"city": None})
    write_shard(project, plain, 2, geo={"city": "canary.person@example.org"})
    project.load()

    store = store_of(project.warehouse)
    assert "geo.city" in store.unfilled_paths([hollow])
    assert "event_name" not in store.unfilled_paths([hollow])
    assert "geo.city" not in store.unfilled_paths([hollow, plain])
    assert store.unfilled_paths(["events_20261114.parquet"]) == set()
    scan_new_rows(project.warehouse, "r1")
    hits = project.rows("select file_name, field_path from landing.pii_hits")
    assert hits == [{"file_name": plain, "field_path": "geo.city"}]


def test_an_older_warehouse_keeps_its_rows(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with open_duckdb(path) as warehouse:
        warehouse.apply_ddl()
        warehouse.execute(f"insert into {ROWS} (event_name, row_number) values ('purchase', 1)")
        warehouse.execute(f"drop view {EVENTS}")
        warehouse.execute(f"alter table {ROWS} rename to ga4_events")
    with open_duckdb(path) as warehouse:
        warehouse.apply_ddl()
        assert warehouse.rows(f"select event_name from {EVENTS}") == [{"event_name": "purchase"}]
