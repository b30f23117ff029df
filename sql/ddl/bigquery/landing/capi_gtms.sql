-- Grain: one row of a Stape GTMS-7 table or GTMS-3 console line; bodies are JSON text, access tokens redacted.
create table if not exists landing.capi_gtms (
    source_format string,
    logged_at timestamp,
    type string,
    trace_id string,
    tag_name string,
    event_name string,
    request_method string,
    request_url string,
    request_body string,
    response_status_code int64,
    response_headers string,
    response_body string,
    message string,
    reason string,
    configured_dataset_id string,
    secret_fields array<string>,
    file_name string,
    row_number int64,
    run_id string
)
partition by date(logged_at)
options (require_partition_filter = true);
