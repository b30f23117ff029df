"""The embedded warehouse keeps working when a newer version brings columns."""

from pathlib import Path

from matchback.config import load_config
from matchback.opening import open_duckdb, open_warehouse

COLUMNS = "select table_schema, table_name, column_name, data_type from information_schema.columns"


def test_a_warehouse_of_an_older_version_gets_the_columns_that_have_come_since(
    tmp_path: Path,
) -> None:
    with open_duckdb(tmp_path / "warehouse.duckdb") as warehouse:
        warehouse.apply_ddl()
        made = {tuple(row.values()) for row in warehouse.rows(COLUMNS)}
        warehouse.execute("insert into ops.runs (run_id) values ('kept')")
        warehouse.execute("alter table ops.runs drop column bytes_billed")
        warehouse.execute("alter table landing.ga4_rows drop column device")

        warehouse.apply_ddl()

        assert {tuple(row.values()) for row in warehouse.rows(COLUMNS)} == made
        assert warehouse.rows("select run_id, bytes_billed from ops.runs") == [
            {"run_id": "kept", "bytes_billed": None}
        ]


def test_the_threads_of_the_config_are_all_that_work(tmp_path: Path) -> None:
    path = tmp_path / "matchback.yml"
    path.write_text(
        "{warehouse: {threads: 1}, sources: {consent: {path: 'data/*.jsonl'}}}", encoding="utf-8"
    )

    with open_warehouse(load_config(path, {})) as warehouse:
        [row] = warehouse.rows("select current_setting('threads') as count")

    assert row["count"] == 1
