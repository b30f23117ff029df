"""The landing table of orders."""

from matchback.sources.kit.tables import OF_RECORDS
from matchback.warehouse.tables import (
    BOOLEAN,
    JSON,
    MONEY,
    TEXT,
    TIMESTAMP,
    Column,
    Document,
    Partitioning,
    Table,
    list_of,
    struct,
    texts,
)

ORDERS = Table(
    "landing.crm_orders",
    "Grain: one order, or one refund, of a file; contact fields exist only as hashes of their "
    "accepted and known-wrong forms.",
    (
        Column("order_id", "Order id as the CRM writes it.", personal="order_id"),
        Column(
            "customer_id",
            "Customer id as the CRM writes it; personal.",
            personal="customer_id",
            scan=Document(),
        ),
        Column("ordered_at", "Time of the order, UTC.", TIMESTAMP),
        Column("updated_at", "Time of the row's last change in the CRM, UTC.", TIMESTAMP),
        Column("status", "Status of the order as the CRM writes it.", scan=Document()),
        Column(
            "order_state",
            "What the status and the value make of the row: valid, invalid, open (no order yet) or "
            "refund (money given back, no order).",
        ),
        Column("value", "Order value, in the currency beside it.", MONEY),
        Column("currency", "Currency of the value, ISO 4217.", scan=Document()),
        Column("event_id", "Event id in the record.", personal="event_id"),
        Column("user_pseudo_id", "GA4 browser id kept with the order.", personal="client_id"),
        Column(
            "gclid",
            "Google click id kept with the order.",
            personal="click_id",
            scan=Document(),
        ),
        Column(
            "fbclid", "Meta click id kept with the order.", personal="click_id", scan=Document()
        ),
        Column("channel", "Sales channel.", scan=Document()),
        Column("is_test", "Whether the CRM marks a test order.", BOOLEAN),
        Column(
            "free_text",
            "The text columns named in free_text as a JSON object; scanned for personal data.",
            JSON,
            personal="text",
            scan=Document(),
        ),
        Column(
            "contact_hashes",
            "SHA-256 of each contact field in its accepted and its known wrong forms; no plain "
            "contact value is kept.",
            list_of(struct(**texts("field form"), is_accepted=BOOLEAN, sha256=TEXT)),
        ),
        *OF_RECORDS,
    ),
    source="crm",
    moment="ordered_at",
    # Few rows, and files that hold years of them.
    partition=Partitioning(unit="month"),
    record_key=("order_id",),
    erasure="delete",
    is_read_by_dbt=True,
)
TABLES = (ORDERS,)
