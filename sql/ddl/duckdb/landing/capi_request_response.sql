-- Grain: one logged request with its response; request is JSON text whose data holds objects only, access tokens redacted.
create table if not exists landing.capi_request_response (
    logged_at timestamp,
    dataset_id varchar,
    http_status bigint,
    request varchar,
    response varchar,
    trace_id varchar,
    configured_dataset_id varchar,
    secret_fields varchar[],
    file_name varchar,
    row_number bigint,
    run_id varchar
);
