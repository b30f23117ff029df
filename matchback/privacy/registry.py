"""Every place where matchback keeps a reference to a person, and what erasure does there.

A test holds this list against the warehouse: a new table with a personal column and no entry here
fails the build.
"""

from dataclasses import dataclass
from typing import Literal

Action = Literal["delete", "anonymise", "clear"]


@dataclass(frozen=True)
class PersonalTable:
    """Where a table refers to a person: by columns, inside texts, by hashed nodes.

    `nodes` hold an identifier with its type and hash; `blanked` are set to null when anonymised.
    """

    name: str
    columns: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    action: Action = "delete"
    blanked: tuple[str, ...] = ()
    aged_by: str | None = None

    @property
    def is_aged_by_date(self) -> bool:
        """Say whether the column of age is a date; elsewhere it is a time."""
        return self.aged_by in ("event_date", "table_date")


RAW = (
    PersonalTable(
        "landing.ga4_events",
        columns=("user_id", "user_pseudo_id"),
        aged_by="table_date",
    ),
    PersonalTable(
        "landing.capi_gtms",
        columns=("trace_id",),
        texts=("request_url", "request_body", "response_headers", "response_body", "message"),
        aged_by="logged_at",
    ),
    PersonalTable(
        "landing.capi_request_response",
        columns=("trace_id",),
        texts=("request", "response"),
        aged_by="logged_at",
    ),
    PersonalTable(
        "landing.capi_dataflow_dlq",
        texts=("input_element", "output_message"),
        aged_by="logged_at",
    ),
    PersonalTable(
        "landing.capi_gateway_audit",
        columns=("event_id", "user_id", "client_id"),
        texts=("deliveries",),
        aged_by="logged_at",
    ),
    PersonalTable(
        "landing.crm_orders",
        columns=("order_id", "customer_id", "event_id", "user_pseudo_id", "gclid", "fbclid"),
        texts=("free_text",),
    ),
    PersonalTable("landing.consent_log", columns=("user_id", "client_id")),
    PersonalTable("quarantine.rejected_rows", texts=("raw",), aged_by="quarantined_at"),
)
PUBLISHED = (
    PersonalTable(
        "marts.fct_reconciled_events",
        columns=("order_id", "client_event_id", "server_event_id"),
        texts=("reconciled_event_id",),
        nodes=("canonical_id",),
        action="anonymise",
        blanked=(
            "canonical_id",
            "order_id",
            "client_event_id",
            "server_event_id",
            "canonical_digest",
            "client_event_digest",
            "server_event_digest",
            "reconciled_event_id",
        ),
        aged_by="event_date",
    ),
    PersonalTable(
        "marts.fct_deliveries",
        columns=("event_id", "order_id", "request_id"),
        nodes=("canonical_id",),
        action="anonymise",
        blanked=("canonical_id", "order_id", "event_id", "request_id", "delivery_id"),
        aged_by="event_date",
    ),
    PersonalTable("marts.fct_findings", texts=("entity_id", "field_path"), aged_by="event_date"),
    PersonalTable("marts.dim_identities", nodes=("identifier", "canonical_id")),
)
KEPT_HISTORY = (
    PersonalTable("work.int_purchase_rows", columns=("order_id", "event_id", "order_key")),
    PersonalTable("work.int_click_landings", nodes=("client_node", "customer_node", "click_node")),
)
BOOKKEEPING = (PersonalTable("ops.alert_outbox", texts=("payload",)),)
TABLES = RAW + PUBLISHED + KEPT_HISTORY + BOOKKEEPING

# Keys of published rows: anonymised rows get a new one, as null would not be unique.
KEYS = ("reconciled_event_id", "delivery_id")

# Working tables that carry what was sent; a run empties them before it ends.
PLAIN_WORK = (
    "work.int_logged_attempts",
    "work.int_delivery_attempts",
    "work.int_server_events",
)

# Where the scan found something: a hit goes with the row it points at.
HITS = "landing.pii_hits"

# Rebuilt by every run from what is left in landing, so emptied instead of searched.
DERIVED_SCHEMAS = ("work", "marts_next")

# Where a DuckDB warehouse keeps what a registered view shows; erased through the view.
BEHIND_VIEWS = {"landing.ga4_rows": "landing.ga4_events"}

# Tables that hold no reference to a person: counts, vocabularies, versions and digests.
IMPERSONAL = frozenset(
    {
        "landing.ga4_shards",
        "landing.load_ledger",
        "landing.observed_columns",
        "landing.pii_scans",
        "landing.meta_quality",
        "marts.agg_consent_matrix",
        "marts.agg_dedup_forecast",
        "marts.agg_event_health_daily",
        "marts.agg_event_health_segments",
        "marts.agg_hash_forensics",
        "marts.agg_health_score",
        "marts.agg_match_key_coverage",
        "marts.agg_withdrawal_latency",
        "marts.fct_check_results",
        "marts.fct_schema_drift",
        "ops.alert_incidents",
        "ops.digest_keys",
        "ops.erasure_requests",
        "ops.file_partitions",
        "ops.leases",
        "ops.reference_data",
        "ops.runs",
        "ops.schema_contract_entries",
        "ops.schema_contracts",
        "ops.suppressions",
    }
)
