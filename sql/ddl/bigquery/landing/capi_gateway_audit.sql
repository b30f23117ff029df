-- Grain: one decision record of the consent gateway; deliveries is a JSON array, access tokens redacted.
create table if not exists landing.capi_gateway_audit (
    logged_at timestamp,
    request_id string,
    event_type string,
    event_id string,
    user_id string,
    client_id string,
    jurisdiction string,
    gpc bool,
    consent_necessary bool,
    consent_analytics bool,
    consent_marketing bool,
    deliveries string,
    configured_dataset_id string,
    secret_fields array<string>,
    file_name string,
    row_number int64,
    run_id string
)
partition by date(logged_at)
options (require_partition_filter = true);
