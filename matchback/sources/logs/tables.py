"""The landing tables of delivery logs, one per shape of record."""

from matchback.sources.kit.tables import JURISDICTION, OF_RECORDS
from matchback.warehouse.tables import (
    BOOLEAN,
    INTEGER,
    JSON,
    TIMESTAMP,
    Column,
    Document,
    Partitioning,
    Table,
)

SOURCE = "capi"
LOGGED_AT = Column("logged_at", "Time the log gives the record, UTC.", TIMESTAMP)
TRACE_ID = Column(
    "trace_id", "Trace id that joins a request with its response.", personal="identifier"
)
OF_LOG_RECORDS = (
    Column(
        "configured_dataset_id",
        "Dataset id of the config entry; used when the record names none.",
    ),
    *OF_RECORDS,
)


def log_table(
    name: str, description: str, columns: tuple[Column, ...], record_key: tuple[str, ...] = ()
) -> Table:
    """Return the declaration of a landing table of delivery records, without the usual columns."""
    return Table(
        name,
        description,
        (*columns, *OF_LOG_RECORDS),
        source=SOURCE,
        moment=LOGGED_AT.name,
        partition=Partitioning(needs_filter=True),
        record_key=record_key,
        erasure="delete",
        retention="delivery_log",
        is_read_by_dbt=True,
    )


GTMS = log_table(
    "landing.capi_gtms",
    "Grain: one row of a Stape GTMS-7 table or GTMS-3 console line; bodies are JSON text, access "
    "tokens redacted.",
    (
        Column("source_format", "gtms_bigquery or gtms_console."),
        LOGGED_AT,
        Column("type", "Request or Response."),
        TRACE_ID,
        Column("tag_name", "Tag of the server container that wrote the row.", scan=Document()),
        Column("event_name", "Meta's event name.", scan=Document()),
        Column("request_method", "HTTP method."),
        Column(
            "request_url",
            "Address of the request, its access token redacted.",
            personal="text",
            scan=Document(),
        ),
        Column(
            "request_body",
            "Request as JSON text; data holds the server events.",
            JSON,
            personal="text",
            scan=Document(batch="data"),
        ),
        Column("response_status_code", "HTTP status of the answer; null on requests.", INTEGER),
        Column(
            "response_headers",
            "Headers of the answer as JSON text.",
            JSON,
            personal="text",
            scan=Document(),
        ),
        Column("response_body", "Answer as JSON text.", JSON, personal="text", scan=Document()),
        Column("message", "Free text of the tag.", personal="text", scan=Document()),
        Column("reason", "Why the tag did not send, in its words.", scan=Document()),
    ),
    record_key=("trace_id",),
)
REQUEST_RESPONSE = log_table(
    "landing.capi_request_response",
    "Grain: one logged request with its response; request is JSON text whose data holds objects "
    "only, access tokens redacted.",
    (
        LOGGED_AT,
        Column("dataset_id", "Dataset (pixel) that the request went to."),
        Column("http_status", "HTTP status of the answer; null when none was logged.", INTEGER),
        Column(
            "request",
            "Request as JSON text; data holds the server events.",
            JSON,
            personal="text",
            scan=Document(batch="data"),
        ),
        Column("response", "Answer as JSON text.", JSON, personal="text", scan=Document()),
        TRACE_ID,
    ),
    record_key=("trace_id",),
)
DATAFLOW_DLQ = log_table(
    "landing.capi_dataflow_dlq",
    "Grain: one row of the Meta Dataflow sink table; input_element is JSON text of flat keys, "
    "access tokens redacted.",
    (
        LOGGED_AT,
        Column("status", "SUCCESS or ERROR."),
        Column("failure_pipeline_step", "Step of Meta's pipeline that failed.", scan=Document()),
        Column(
            "output_message",
            "Answer or error in the pipeline's words.",
            personal="text",
            scan=Document(),
        ),
        Column(
            "input_element",
            "Server event with flat keys, as JSON text.",
            JSON,
            personal="text",
            scan=Document(path="", is_flat_event=True),
        ),
    ),
)
GATEWAY_AUDIT = log_table(
    "landing.capi_gateway_audit",
    "Grain: one decision record of the consent gateway; deliveries is a JSON array, access tokens "
    "redacted.",
    (
        LOGGED_AT,
        Column("request_id", "Id of the decision record."),
        Column("event_type", "GA4 or Meta name of the event.", scan=Document()),
        Column("event_id", "Event id in the record.", personal="identifier"),
        Column(
            "user_id",
            "User id in the record.",
            personal="identifier",
            scan=Document(path="user.user_id"),
        ),
        Column("client_id", "Browser (client) id in the record.", personal="identifier"),
        JURISDICTION,
        Column(
            "gpc", "Whether Global Privacy Control was signalled; null when not logged.", BOOLEAN
        ),
        Column("consent_necessary", "Necessary consent in the record; null is no choice.", BOOLEAN),
        Column("consent_analytics", "Analytics consent in the record; null is no choice.", BOOLEAN),
        Column("consent_marketing", "Marketing consent in the record; null is no choice.", BOOLEAN),
        Column(
            "deliveries",
            "Decisions per destination with fields sent and stripped, as JSON text.",
            JSON,
            personal="text",
            scan=Document(path="", batch="", payload="request"),
        ),
    ),
    record_key=("request_id",),
)
TABLES = (GTMS, REQUEST_RESPONSE, DATAFLOW_DLQ, GATEWAY_AUDIT)
