-- Grain: one decision record of the consent gateway; deliveries is a JSON array, access tokens redacted.
create table if not exists landing.capi_gateway_audit (
    logged_at timestamp,
    request_id varchar,
    event_type varchar,
    event_id varchar,
    user_id varchar,
    client_id varchar,
    jurisdiction varchar,
    gpc boolean,
    consent_necessary boolean,
    consent_analytics boolean,
    consent_marketing boolean,
    deliveries varchar,
    configured_dataset_id varchar,
    secret_fields varchar[],
    file_name varchar,
    row_number bigint,
    run_id varchar
);
