"""Opens the warehouse that a config names."""

from flows.config import BigQueryWarehouseConfig, Config
from flows.errors import MatchbackError
from flows.warehouse.base import Warehouse


def open_warehouse(config: Config, *, read_only: bool = False) -> Warehouse:
    """Connect; WarehouseBusyError or WarehouseCorruptError when that cannot be."""
    if isinstance(config.warehouse, BigQueryWarehouseConfig):
        from flows.warehouse.bigquery import BigQueryWarehouse

        return BigQueryWarehouse.open(config)
    from flows.warehouse.duckdb import DuckDBWarehouse

    return DuckDBWarehouse(
        config.warehouse_path, read_only=read_only, memory_limit=config.warehouse.memory_limit
    )


def open_existing_warehouse(config: Config, *, read_only: bool = False) -> Warehouse:
    """Connect to a warehouse that a run has made; never makes one."""
    if not has_warehouse(config):
        raise MatchbackError(
            f"There is no warehouse {config.warehouse_path.name} yet; run `matchback run` first."
        )
    return open_warehouse(config, read_only=read_only)


def has_warehouse(config: Config) -> bool:
    """Say whether there is anything to open; a BigQuery dataset is asked when it is opened."""
    return isinstance(config.warehouse, BigQueryWarehouseConfig) or config.warehouse_path.exists()
