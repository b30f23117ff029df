-- Grain: one row per event of a logged request, as a canonical server event.
with

logged as (

    select
        file_name,
        row_number,
        logged_at,
        '{{ default_destination() }}' as destination,
        coalesce(dataset_id, configured_dataset_id, 'unknown') as dataset_id,
        http_status,
        trace_id,
        {{ valid_json('request') }} as request,
        {{ valid_json('response') }} as response
    from {{ source('landing', 'capi_request_response') }}
    where logged_at between {{ window_opens_at() }} and {{ window_closes_at() }}

),

read_exchanges as (

    select
        logged.*,
        {{ is_test_request('request') }} as is_test,
        {{ request_events('request') }} as batch,
        {{ answer_texts('response') }} as answer_fields,
        {{ answer_error('response') }} as answer_error
    from logged

),

exchanges as (

    select
        read_exchanges.*,
        {{ answer_columns('answer_fields', 'answer_error') | indent(4) }}
    from read_exchanges

),

events as (

    select
        'request_response' as source_format,
        exchanges.file_name,
        exchanges.row_number,
        batch_position,
        exchanges.destination,
        exchanges.dataset_id,
        exchanges.trace_id as request_id,
        exchanges.answer_id,
        exchanges.logged_at as received_at,
        {{ delivery_outcome('exchanges', list_size('exchanges.batch')) | indent(4) }} as outcome,
        exchanges.http_status,
        exchanges.error_code,
        exchanges.error_subcode,
        false as is_parse_failure,
        exchanges.is_test,
        payload
    from exchanges
    cross join {{ unnest_numbered('exchanges.batch', 'payload', 'batch_position') }}

),

{{ canonical_server_events('events') }}

select * from server_events
