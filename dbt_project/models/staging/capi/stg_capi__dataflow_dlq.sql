-- Grain: one row per event that Meta's BigQuery-to-CAPI Dataflow pipeline tried to send.
with

elements as (

    select
        file_name,
        row_number,
        logged_at,
        status,
        failure_pipeline_step,
        {{ valid_json('input_element') }} as input_element,
        configured_dataset_id,
        {{ json_fields(valid_json('output_message'), graph_answer_paths()) }} as answer_fields,
        {{ json_part(valid_json('output_message'), '$.error') }} as answer_error
    from {{ source('landing', 'capi_dataflow_dlq') }}
    where logged_at between {{ window_opens_at() }} and {{ window_closes_at() }}

),

answered as (

    select
        *,
        {{ graph_answer('answer_fields', 1, 'answer_error') }}
    from elements

),

events as (

    select
        'dataflow_dlq' as source_format,
        file_name,
        row_number,
        1 as batch_position,
        'meta_capi' as destination,
        coalesce({{ json_text('input_element', '$.data_set_id') }}, configured_dataset_id, 'unknown') as dataset_id,
        cast(null as {{ type_text() }}) as request_id,
        coalesce(answer_trace_id, error_trace_id) as fbtrace_id,
        logged_at as received_at,
        case status when 'SUCCESS' then 'accepted' else 'rejected' end as outcome,
        cast(null as {{ type_integer() }}) as http_status,
        error_code,
        error_subcode,
        status <> 'SUCCESS' and error_code is null as is_parse_failure,
        {{ json_text('input_element', '$.test_event_code') }} is not null as is_test,
        {{ nested_server_event('input_element') }} as payload,
        {{ no_gateway_columns() }}
    from answered

)

select {{ attempt_columns() }} from events
