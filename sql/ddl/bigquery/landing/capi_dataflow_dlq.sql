-- Grain: one row of the Meta Dataflow sink table; input_element is JSON text of flat keys, access tokens redacted.
create table if not exists landing.capi_dataflow_dlq (
    logged_at timestamp,
    status string,
    failure_pipeline_step string,
    output_message string,
    input_element string,
    configured_dataset_id string,
    secret_fields array<string>,
    file_name string,
    row_number int64,
    run_id string
)
partition by date(logged_at)
options (require_partition_filter = true);
