-- Grain: one row per event that the BigQuery-to-CAPI Dataflow pipeline tried to send, as a canonical server event.
{%- set definition = destinations()[default_destination()] %}
with

elements as (

    select
        file_name,
        row_number,
        logged_at,
        status,
        '{{ default_destination() }}' as destination,
        {{ valid_json('input_element') }} as input_element,
        {{ valid_json('output_message') }} as output_message,
        configured_dataset_id
    from {{ source('landing', 'capi_dataflow_dlq') }}
    where logged_at between {{ window_opens_at() }} and {{ window_closes_at() }}

),

answers as (

    select
        elements.*,
        {{ answer_texts('output_message') }} as answer_fields,
        {{ answer_error('output_message') }} as answer_error
    from elements

),

answered as (

    select
        answers.*,
        {{ answer_columns('answer_fields', 'answer_error') | indent(4) }}
    from answers

),

events as (

    select
        'dataflow_dlq' as source_format,
        file_name,
        answered.row_number,
        1 as batch_position,
        destination,
        coalesce({{ json_text('input_element', definition.account.in_request) }}, configured_dataset_id, 'unknown') as dataset_id,
        cast(null as {{ type_text() }}) as request_id,
        answer_id,
        logged_at as received_at,
        case status when 'SUCCESS' then 'accepted' else 'rejected' end as outcome,
        cast(null as {{ type_integer() }}) as http_status,
        error_code,
        error_subcode,
        status <> 'SUCCESS' and error_code is null as is_parse_failure,
        {{ is_test_request('input_element') }} as is_test,
        {{ nested_payload('input_element', definition.top_keys, definition.objects, definition.identifiers_in) }} as payload
    from answered

),

{{ canonical_server_events('events') }}

select * from server_events
