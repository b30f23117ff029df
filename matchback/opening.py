"""Opens the warehouse that a config names."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from secrets import token_hex

from matchback.config import BigQueryWarehouseConfig, Config
from matchback.core.errors import MatchbackError
from matchback.sources.catalog import TABLES
from matchback.sources.ga4.shard_store import ShardStore
from matchback.warehouse.base import Warehouse
from matchback.warehouse.duckdb import DuckDBWarehouse, require_room_for_copy, rewrite_file
from matchback.warehouse.lease import Lease, run_lease, table_lease

# Opens a DuckDB file with the GA4 shards beside it.
open_duckdb = partial(DuckDBWarehouse, tables=TABLES, outside=ShardStore)


def open_warehouse(config: Config, *, read_only: bool = False) -> Warehouse:
    """Connect; WarehouseBusyError or WarehouseCorruptError when that cannot be."""
    if isinstance(config.warehouse, BigQueryWarehouseConfig):
        from matchback.warehouse.bigquery import BigQueryWarehouse

        return BigQueryWarehouse.open(config, TABLES)
    return open_duckdb(
        config.warehouse_path,
        read_only=read_only,
        memory_limit=config.warehouse.memory_limit,
        threads=config.warehouse.threads,
    )


def open_existing_warehouse(config: Config, *, read_only: bool = False) -> Warehouse:
    """Connect to a warehouse that a run has made; never makes one."""
    if not has_warehouse(config):
        raise MatchbackError(
            f"There is no warehouse {config.warehouse_path.name} yet; run `matchback run` first."
        )
    return open_warehouse(config, read_only=read_only)


@contextmanager
def open_for_change(config: Config, purpose: str) -> Iterator[Warehouse]:
    """Open an existing warehouse for a short change, never in the middle of a run."""
    with sole_writer(config, purpose), open_existing_warehouse(config) as warehouse:
        warehouse.apply_ddl()
        yield warehouse


@contextmanager
def open_for_erasure(config: Config) -> Iterator[Warehouse]:
    """Open a warehouse for a change after which a DuckDB file holds nothing of what was deleted."""
    is_file = config.warehouse.engine == "duckdb" and has_warehouse(config)
    with sole_writer(config, "erase"):
        if is_file:
            require_room_for_copy(config.warehouse_path)
        with open_existing_warehouse(config) as warehouse:
            warehouse.apply_ddl()
            yield warehouse
        if is_file:
            rewrite_file(config.warehouse_path)


@contextmanager
def sole_writer(config: Config, purpose: str) -> Iterator[Lease | None]:
    """Hold the right to change the warehouse; WarehouseBusyError names who has it.

    DuckDB is one file on this machine, so a file lock is enough; BigQuery has a lease row too.
    """
    with run_lease(lock_file_of(config), purpose):
        if not isinstance(config.warehouse, BigQueryWarehouseConfig):
            yield None
            return
        owner = f"Run {purpose} ({platform.node()} {token_hex(3)})"
        with table_lease(lambda: open_warehouse(config), owner) as lease:
            yield lease


def lock_file_of(config: Config) -> Path:
    """Return the file whose lock is the right to change the warehouse."""
    return config.state_folder / "run.lock"


def has_warehouse(config: Config) -> bool:
    """Say whether there is anything to open; a BigQuery dataset is asked when it is opened."""
    return isinstance(config.warehouse, BigQueryWarehouseConfig) or config.warehouse_path.exists()
