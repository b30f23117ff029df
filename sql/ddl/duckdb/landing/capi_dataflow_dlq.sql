-- Grain: one row of the Meta Dataflow sink table; input_element is JSON text of flat keys, access tokens redacted.
create table if not exists landing.capi_dataflow_dlq (
    logged_at timestamp,
    status varchar,
    failure_pipeline_step varchar,
    output_message varchar,
    input_element varchar,
    configured_dataset_id varchar,
    secret_fields varchar[],
    file_name varchar,
    row_number bigint,
    run_id varchar
);
