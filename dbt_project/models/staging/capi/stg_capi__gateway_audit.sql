-- Grain: one row per destination decided on in a record of the consent gateway, as a canonical server event.
{%- set own_paths = [
    '$.status', '$.http_status', '$.dataset_id', '$.test_event_code', '$.request.test_event_code', '$.consent_basis', '$.reason'
] %}
with

records as (

    select
        *,
        {{ json_items(valid_json('deliveries'), '$') }} as decisions
    from {{ source('landing', 'capi_gateway_audit') }}
    where logged_at between {{ window_opens_at() }} and {{ window_closes_at() }}

),

numbered as (

    select
        records.*,
        batch_position,
        decision,
        {{ json_text('decision', '$.destination') }} as destination
    from records
    cross join {{ unnest_numbered('records.decisions', 'decision', 'batch_position') }}

),

-- The decision is a wide text: all that is read of it is read in two passes.
decided as (

    select
        numbered.*,
        {{ answer_texts('decision', at='$.response', more_paths=own_paths) }} as fields,
        {{ json_parts('decision', [
            '$.request', '$.error', '$.response.error', '$.fields_sent', '$.fields_stripped'
        ]) }} as parts
    from numbered

),

answered as (

    select
        decided.*,
        {{ element('fields', 1) }} as decision_status,
        {{ try_integer(element('fields', 2)) }} as http_status,
        nullif({{ element('parts', 1) }}, 'null') as payload,
        coalesce({{ element('parts', 2) }}, 'null') <> 'null' as has_decision_error,
        {{ answer_columns('fields', element('parts', 3), skipped=own_paths | length) | indent(4) }}
    from decided

),

events as (

    select
        'gateway_audit' as source_format,
        file_name,
        answered.row_number,
        batch_position,
        destination,
        coalesce({{ element('fields', 3) }}, configured_dataset_id, 'unknown') as dataset_id,
        request_id,
        answer_id,
        logged_at as received_at,
        case
            when decision_status = 'blocked' then 'blocked'
            when decision_status = 'delivered' and (has_error or has_decision_error or http_status not between 200 and 299) then 'rejected'
            when decision_status = 'delivered' and received_count = 0 then 'unknown'
            when decision_status = 'delivered' then 'accepted'
            when decision_status = 'failed' and (http_status is not null or has_error or has_decision_error) then 'rejected'
            else 'unknown'
        end as outcome,
        http_status,
        error_code,
        error_subcode,
        false as is_parse_failure,
        coalesce({{ element('fields', 4) }}, {{ element('fields', 5) }}) is not null as is_test,
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
        {{ element('fields', 6) }} as consent_basis,
        nullif(trim({{ element('fields', 7) }}), '') as block_reason,
        {{ json_text_items("coalesce(" ~ element('parts', 4) ~ ", '[]')", '$') }} as fields_sent,
        {{ json_text_items("coalesce(" ~ element('parts', 5) ~ ", '[]')", '$') }} as fields_stripped
    from answered

),

{{ canonical_server_events('events', with_gateway=true) }}

select * from server_events
