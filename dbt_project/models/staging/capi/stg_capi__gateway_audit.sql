-- Grain: one row per destination decided on in a record of the consent gateway.
with

records as (

    select
        *,
        {{ json_items(valid_json('deliveries'), '$') }} as decisions
    from {{ source('landing', 'capi_gateway_audit') }}
    where logged_at between {{ window_opens_at() }} and {{ window_closes_at() }}

),

decided as (

    select
        records.*,
        decision,
        batch_position,
        {{ json_text('decision', '$.destination') }} as destination,
        {{ json_text('decision', '$.status') }} as decision_status,
        {{ try_integer(json_text('decision', '$.http_status')) }} as http_status,
        {{ json_part('decision', '$.request') }} as payload,
        {{ json_part('decision', '$.response') }} as response
    from records
    cross join {{ unnest_numbered('records.decisions', 'decision', 'batch_position') }}

),

answered as (

    select
        *,
        {{ graph_answer('response') }},
        {{ json_part('decision', '$.error') }} is not null as has_decision_error
    from decided

),

events as (

    select
        'gateway_audit' as source_format,
        file_name,
        row_number,
        batch_position,
        destination,
        coalesce({{ json_text('decision', '$.dataset_id') }}, configured_dataset_id, 'unknown') as dataset_id,
        request_id,
        coalesce(answer_trace_id, error_trace_id) as fbtrace_id,
        logged_at as received_at,
        case
            when decision_status = 'blocked' then 'blocked'
            when decision_status = 'delivered' and (has_error or has_decision_error or http_status not between 200 and 299) then 'rejected'
            when decision_status = 'delivered' and events_received = 0 then 'unknown'
            when decision_status = 'delivered' then 'accepted'
            when decision_status = 'failed' and (http_status is not null or has_error or has_decision_error) then 'rejected'
            else 'unknown'
        end as outcome,
        http_status,
        error_code,
        error_subcode,
        false as is_parse_failure,
        coalesce({{ json_text('decision', '$.test_event_code') }}, {{ json_text('payload', '$.test_event_code') }}) is not null as is_test,
        payload,
        event_type,
        event_id as logged_event_id,
        user_id,
        client_id,
        jurisdiction,
        gpc,
        consent_necessary,
        consent_analytics,
        consent_marketing,
        {{ json_text('decision', '$.consent_basis') }} as consent_basis,
        nullif(trim({{ json_text('decision', '$.reason') }}), '') as block_reason,
        {{ json_text_items('decision', '$.fields_sent') }} as fields_sent,
        {{ json_text_items('decision', '$.fields_stripped') }} as fields_stripped
    from answered

)

select {{ attempt_columns() }} from events
