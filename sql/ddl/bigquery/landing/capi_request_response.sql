-- Grain: one logged request with its response; request is JSON text whose data holds objects only, access tokens redacted.
create table if not exists landing.capi_request_response (
    logged_at timestamp,
    dataset_id string,
    http_status int64,
    request string,
    response string,
    trace_id string,
    configured_dataset_id string,
    secret_fields array<string>,
    file_name string,
    row_number int64,
    run_id string
)
partition by date(logged_at)
options (require_partition_filter = true);
