"""What the models may know about a run, read from its config and its warehouse."""

from typing import Any

from matchback.build.dbt import dbt_settings
from matchback.config import Config
from matchback.core.clock import Clock
from matchback.core.window import Window
from matchback.quality.schema_contract import schema_variables
from matchback.sources.catalog import on_every_date
from matchback.warehouse.base import Warehouse

GATEWAY = "landing.capi_gateway_audit"


def run_settings(
    config: Config,
    warehouse: Warehouse,
    window: Window,
    run_id: str,
    clock: Clock,
    *,
    full_refresh: bool,
) -> dict[str, Any]:
    """Return the settings of the models, those of the schema models among them."""
    schema = schema_variables(config, warehouse, window, run_id, full_refresh=full_refresh)
    has_gateway = has_gateway_rows(warehouse)
    return {**dbt_settings(config, window, run_id, clock, has_gateway=has_gateway), **schema}


def has_gateway_rows(warehouse: Warehouse) -> bool:
    """Say whether Meta's gateway has logged anything; only its log knows some of its sends."""
    query = f"select 1 as one from {GATEWAY} where {on_every_date(GATEWAY)} limit 1"
    return bool(warehouse.rows(query))
