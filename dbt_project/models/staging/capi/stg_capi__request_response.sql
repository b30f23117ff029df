-- Grain: one row per event of a logged request.
with

logged as (

    select
        file_name,
        row_number,
        logged_at,
        coalesce(dataset_id, configured_dataset_id, 'unknown') as dataset_id,
        http_status,
        trace_id,
        {{ json_text(valid_json('request'), '$.test_event_code') }} as test_event_code,
        {{ json_items(valid_json('request'), '$.data') }} as batch,
        {{ json_fields(valid_json('response'), graph_answer_paths()) }} as answer_fields,
        {{ json_part(valid_json('response'), '$.error') }} as answer_error
    from {{ source('landing', 'capi_request_response') }}
    where logged_at between {{ window_opens_at() }} and {{ window_closes_at() }}

),

exchanges as (

    select
        *,
        {{ graph_answer('answer_fields', 1, 'answer_error') }}
    from logged

),

events as (

    select
        'request_response' as source_format,
        exchanges.file_name,
        exchanges.row_number,
        batch_position,
        'meta_capi' as destination,
        exchanges.dataset_id,
        exchanges.trace_id as request_id,
        coalesce(exchanges.answer_trace_id, exchanges.error_trace_id) as fbtrace_id,
        exchanges.logged_at as received_at,
        {{ delivery_outcome('exchanges.http_status', 'exchanges.events_received', list_size('exchanges.batch'), 'exchanges.has_error') }} as outcome,
        exchanges.http_status,
        exchanges.error_code,
        exchanges.error_subcode,
        false as is_parse_failure,
        exchanges.test_event_code is not null as is_test,
        payload,
        {{ no_gateway_columns() }}
    from exchanges
    cross join {{ unnest_numbered('exchanges.batch', 'payload', 'batch_position') }}

)

select {{ attempt_columns() }} from events
