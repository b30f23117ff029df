"""Files that go over a scratch file into BigQuery land once, whatever happens; on the emulator."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from matchback.config import load_config
from matchback.core.clock import Clock
from matchback.core.errors import MatchbackError
from matchback.core.window import Window
from matchback.loading import hand_over
from matchback.loading.load import load_sources
from matchback.warehouse.bigquery import BigQueryWarehouse
from tests.bigquery.emulator import PROJECT, Emulator
from tests.load_kit import exchange, lines

pytestmark = pytest.mark.slow

CLOCK = Clock(datetime(2026, 11, 14, 12, tzinfo=UTC))
WINDOW = Window(date(2026, 11, 11), date(2026, 11, 12))
TABLE = "landing.capi_request_response"


class Site:
    """A folder of logs and a warehouse on the emulator."""

    def __init__(self, root: Path, emulator: Emulator) -> None:
        self.root = root
        self.name = f"handed_{uuid4().hex[:8]}"
        (root / "data").mkdir()
        (root / "matchback.yml").write_text(
            f"warehouse: {{engine: bigquery, project: {PROJECT}, dataset: {self.name}}}\n"
            "sources: {capi: [{format: request_response, path: 'data/*.jsonl'}]}\n"
        )
        self.config = load_config(root / "matchback.yml", {})
        self.warehouse: BigQueryWarehouse = emulator.warehouse(self.name)
        self.warehouse.apply_ddl()
        self.runs = 0

    def write(self, name: str, *numbers: int, day: int = 12) -> None:
        records = (
            exchange(number, timestamp=f"2026-11-{day}T10:00:{number:02d}Z") for number in numbers
        )
        (self.root / "data" / name).write_text(lines(records), encoding="utf-8")

    def load(self) -> dict[str, Any]:
        self.runs += 1
        [summary] = load_sources(self.config, self.warehouse, f"run-{self.runs}", CLOCK, WINDOW)
        return summary

    def landed(self) -> list[tuple[str, str, str]]:
        rows = self.warehouse.rows(
            f"select file_name, trace_id, run_id from {TABLE} where logged_at >= '2026-01-01'"
        )
        return sorted((row["file_name"], row["trace_id"], row["run_id"]) for row in rows)

    def ledger(self) -> list[tuple[str, int, int]]:
        rows = self.warehouse.rows(
            "select file_name, rows_loaded, rows_duplicate from landing.load_ledger"
        )
        return sorted(tuple(row.values()) for row in rows)


@pytest.fixture
def site(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    made = Site(tmp_path, emulator)
    yield made
    for dataset in list(made.warehouse.client.list_datasets()):
        if dataset.dataset_id.startswith(made.name):
            made.warehouse.client.delete_dataset(dataset.dataset_id, delete_contents=True)


def test_a_known_file_is_not_sent_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write("a.jsonl", 1, 2)
    site.load()
    sent: list[object] = []
    monkeypatch.setattr(BigQueryWarehouse, "load_parquet", lambda *job, **_: sent.append(job))

    assert site.load()["files_loaded"] == 0
    assert sent == []
    assert not list(site.config.state_folder.glob("scratch*"))


def test_files_of_one_date_lie_side_by_side_and_a_repeated_line_counts_once(site: Site) -> None:
    site.write("a.jsonl", 1, 2)
    site.load()
    site.write("b.jsonl", 2, 3)
    site.load()

    assert site.landed() == [
        ("a.jsonl", "trace-1", "run-1"),
        ("a.jsonl", "trace-2", "run-1"),
        ("b.jsonl", "trace-3", "run-2"),
    ]
    assert site.ledger() == [("a.jsonl", 2, 0), ("b.jsonl", 1, 1)]


def test_a_changed_file_leaves_nothing_in_the_dates_it_lay_in(site: Site) -> None:
    site.write("a.jsonl", 1, 2, day=11)
    site.write("b.jsonl", 7, day=11)
    site.load()
    site.write("a.jsonl", 3, day=12)
    site.load()

    assert site.landed() == [("a.jsonl", "trace-3", "run-2"), ("b.jsonl", "trace-7", "run-1")]


def test_a_run_that_was_cut_off_after_its_rows_is_made_good_by_the_next(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object) -> None:
        raise MatchbackError("cut off")

    site.write("z.jsonl", 1, 2)
    with monkeypatch.context() as patch:
        patch.setattr(hand_over._Loads, "write_side_tables", cut_off)
        with pytest.raises(MatchbackError, match="cut off"):
            site.load()
    orphans = site.landed()
    site.write("b.jsonl", 2, 9)
    site.load()

    assert [row[2] for row in orphans] == ["run-1", "run-1"]
    assert site.landed() == [
        ("b.jsonl", "trace-2", "run-2"),
        ("b.jsonl", "trace-9", "run-2"),
        ("z.jsonl", "trace-1", "run-2"),
    ]
    assert site.ledger() == [("b.jsonl", 2, 0), ("z.jsonl", 1, 1)]


def test_bad_lines_are_quarantined_and_forgotten_when_the_file_is_corrected(site: Site) -> None:
    site.write("a.jsonl", 1)
    (site.root / "data" / "a.jsonl").open("a").write("no json\n")
    site.load()
    quarantined = site.warehouse.rows("select file_name, reason from quarantine.rejected_rows")
    site.write("a.jsonl", 1, 2)
    site.load()

    assert [row["file_name"] for row in quarantined] == ["a.jsonl"]
    assert site.warehouse.rows("select file_name from quarantine.rejected_rows") == []
    staged = site.warehouse.client.list_tables(f"{site.name}_work")
    assert [table.table_id for table in staged] == []
