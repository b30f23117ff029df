"""Where matchback keeps a reference to a person, as the declarations of the tables say."""

from matchback.sources.catalog import TABLES
from matchback.warehouse.tables import Column, Table

# Models of dbt that keep earlier rows from run to run.
PURCHASE_ROWS = Table(
    "work.int_purchase_rows",
    "Rows of purchases.",
    (
        Column("order_id", personal="order_id"),
        Column("event_id", personal="event_id"),
        Column("order_key", personal="order_id"),
    ),
    erasure="delete",
)
CLICK_LANDINGS = Table(
    "work.int_click_landings",
    "Landings that a click id brought.",
    tuple(Column(name, personal="node") for name in ("client_node", "customer_node", "click_node")),
    erasure="delete",
)
KEPT_MODELS = (PURCHASE_ROWS, CLICK_LANDINGS)
PERSONAL_TABLES = (*(table for table in TABLES if table.is_personal), *KEPT_MODELS)

# Working tables that carry what was sent; a run empties them before it ends.
PLAIN_WORK = (
    "work.int_logged_attempts",
    "work.int_delivery_attempts",
    "work.int_server_events",
)

# Rebuilt by every run from what is left in landing, so emptied instead of searched.
DERIVED_SCHEMAS = ("work", "marts_next")
