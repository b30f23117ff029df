"""Where rows land: in the DuckDB warehouse, or in a scratch file on their way to BigQuery."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from matchback.config import Config
from matchback.pii import DETECTOR_VERSION
from matchback.privacy.scan import scan_configured
from matchback.privacy.suppression import suppress_loaded
from matchback.sources.ga4.shard_store import ShardStore
from matchback.warehouse.base import Warehouse
from matchback.warehouse.duckdb import DuckDBWarehouse

if TYPE_CHECKING:
    from matchback.warehouse.bigquery import BigQueryWarehouse

SCRATCH_FILE = "scratch.duckdb"


@contextmanager
def landing_place(config: Config, warehouse: Warehouse, run_id: str) -> Iterator[DuckDBWarehouse]:
    """Give the place to land rows in; what stands there at the end holds no erased person."""
    if isinstance(warehouse, DuckDBWarehouse):
        yield warehouse
        suppress_loaded(warehouse, config, run_id)
        return
    from matchback.loading.hand_over import hand_over
    from matchback.loading.scratch import opened_scratch

    bigquery = cast("BigQueryWarehouse", warehouse)
    path = config.state_folder / SCRATCH_FILE
    memory_limit = config.warehouse.memory_limit
    with opened_scratch(path, bigquery, memory_limit, ShardStore) as scratch:
        yield scratch
        suppress_loaded(scratch, config, run_id)
        _scan_landed(scratch, config, run_id)
        hand_over(scratch, bigquery, run_id)


def _scan_landed(scratch: DuckDBWarehouse, config: Config, run_id: str) -> None:
    """Scan the files whose rows are here; a new detector looks at older rows in BigQuery."""
    rows = scratch.rows(
        "select distinct file_name from landing.load_ledger "
        "where run_id = ? and error is null and (source, file_name, digest) not in "
        "(select (source, file_name, digest) from landing.pii_scans where detector_version = ?)",
        [run_id, DETECTOR_VERSION],
    )
    if rows:
        scan_configured(scratch, config, run_id, [row["file_name"] for row in rows])
