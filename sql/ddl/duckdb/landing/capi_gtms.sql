-- Grain: one row of a Stape GTMS-7 table or GTMS-3 console line; bodies are JSON text, access tokens redacted.
create table if not exists landing.capi_gtms (
    source_format varchar,
    logged_at timestamp,
    type varchar,
    trace_id varchar,
    tag_name varchar,
    event_name varchar,
    request_method varchar,
    request_url varchar,
    request_body varchar,
    response_status_code bigint,
    response_headers varchar,
    response_body varchar,
    message varchar,
    reason varchar,
    configured_dataset_id varchar,
    secret_fields varchar[],
    file_name varchar,
    row_number bigint,
    run_id varchar
);
