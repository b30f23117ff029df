"""The embedded warehouse keeps working when a newer version brings columns."""

from pathlib import Path

from flows.warehouse.duckdb import DuckDBWarehouse

COLUMNS = "select table_schema, table_name, column_name, data_type from information_schema.columns"


def test_a_warehouse_of_an_older_version_gets_the_columns_that_have_come_since(
    tmp_path: Path,
) -> None:
    with DuckDBWarehouse(tmp_path / "warehouse.duckdb") as warehouse:
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
