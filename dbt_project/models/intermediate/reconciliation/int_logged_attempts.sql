-- Grain: one row per attempt or decision as one log has it, per event and destination (repeats NOT removed here).
with

unioned as (

    {% for format in ['gateway_audit', 'gtms', 'request_response', 'dataflow_dlq'] %}
    select
        {{ loop.index }} as format_rank,
        {{ attempt_columns() }}
    from {{ ref('stg_capi__' ~ format) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

payload_fields as (

    select
        *,
        {{ json_fields('payload', [
            '$.event_name', '$.event_id', '$.event_time', '$.action_source', '$.custom_data.order_id',
            '$.custom_data.value', '$.custom_data.currency'
        ]) }} as fields
    from unioned

),

meta_names as (

    select distinct meta_name, canonical_event
    from {{ ref('int_event_taxonomy') }}
    where meta_name is not null

),

ga4_names as (

    select ga4_name, canonical_event, meta_name from {{ ref('int_event_taxonomy') }}

),

extracted as (

    select
        payload_fields.*,
        coalesce({{ element('fields', 1) }}, ga4_names.meta_name, event_type) as event_name,
        coalesce({{ present_id(element('fields', 2)) }}, {{ present_id('logged_event_id') }}) as event_id,
        {{ present_id(element('fields', 5)) }} as order_id,
        coalesce({{ seconds_to_timestamp(try_double(element('fields', 3))) }}, received_at) as event_at,
        {{ element('fields', 4) }} as action_source,
        {{ money(element('fields', 6)) }} as value,
        {{ element('fields', 7) }} as currency,
        meta_by_type.canonical_event as type_canonical_event,
        ga4_names.canonical_event as ga4_canonical_event
    from payload_fields
    left join ga4_names on payload_fields.event_type = ga4_names.ga4_name
    left join meta_names as meta_by_type on payload_fields.event_type = meta_by_type.meta_name

),

named as (

    select
        extracted.*,
        file_name || ':' || {{ as_text('row_number') }} || ':' || {{ as_text('batch_position') }} as attempt_id,
        case
            when payload is not null and {{ element('fields', 1) }} is not null then meta_names.canonical_event
            else coalesce(ga4_canonical_event, type_canonical_event)
        end as canonical_event,
        case
            when outcome <> 'rejected' then null
            when is_parse_failure then 'permanent'
            else {{ error_class() }}
        end as error_class
    from extracted
    left join meta_names on {{ element('extracted.fields', 1) }} = meta_names.meta_name
    left join {{ ref('meta_error_codes') }} as exact_codes
        on extracted.error_code = exact_codes.code and extracted.error_subcode = exact_codes.subcode
    left join {{ ref('meta_error_codes') }} as general_codes
        on extracted.error_code = general_codes.code and general_codes.subcode is null

),

final as (

    select
        attempt_id,
        format_rank,
        source_format,
        file_name,
        row_number,
        batch_position,
        destination,
        dataset_id,
        request_id,
        fbtrace_id,
        event_name,
        canonical_event,
        event_id,
        order_id,
        event_at,
        received_at,
        outcome,
        http_status,
        error_code,
        error_subcode,
        error_class,
        is_test,
        action_source,
        value,
        currency,
        payload,
        user_id,
        client_id,
        jurisdiction,
        gpc,
        consent_necessary,
        consent_analytics,
        consent_marketing,
        consent_basis,
        block_reason,
        fields_sent,
        fields_stripped
    from named

)

select * from final
