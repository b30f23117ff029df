-- Grain: one row per delivery attempt or decision per event and destination.
-- Load duplicates (identical attempts) and the same delivery logged in two formats are one row.
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

without_repeats as (

    select
        *,
        row_number() over (
            partition by
                source_format, destination, dataset_id, coalesce(request_id, fbtrace_id), event_name, event_id,
                received_at, coalesce(event_id, order_id, file_name || {{ as_text('row_number') }} || '|' || {{ as_text('batch_position') }})
            order by file_name, row_number, batch_position
        ) as repeat_ordinal
    from named

),

attempts as (

    select * from without_repeats where repeat_ordinal = 1

),

twins as (

    select
        attempts.file_name,
        attempts.row_number,
        attempts.batch_position,
        attempts.destination,
        {{ first_by('survivors.file_name', 'survivors.format_rank, survivors.received_at') }} as survivor_file_name,
        {{ first_by('survivors.row_number', 'survivors.format_rank, survivors.received_at') }} as survivor_row_number,
        {{ first_by('survivors.batch_position', 'survivors.format_rank, survivors.received_at') }} as survivor_batch_position
    from attempts
    inner join attempts as survivors
        on
            attempts.format_rank > survivors.format_rank
            and attempts.destination = survivors.destination
            and attempts.dataset_id = survivors.dataset_id
            and attempts.event_name = survivors.event_name
            and coalesce(attempts.event_id, '') = coalesce(survivors.event_id, '')
            and (
                attempts.fbtrace_id = survivors.fbtrace_id
                or (
                    attempts.event_id is not null
                    and abs({{ seconds_between('attempts.received_at', 'survivors.received_at') }}) <= 5
                )
            )
    group by attempts.file_name, attempts.row_number, attempts.batch_position, attempts.destination

),

twin_payloads as (

    select
        twins.survivor_file_name,
        twins.survivor_row_number,
        twins.survivor_batch_position,
        {{ first_by('attempts.payload', 'attempts.format_rank') }} as payload
    from twins
    inner join attempts
        on
            twins.file_name = attempts.file_name
            and twins.row_number = attempts.row_number
            and twins.batch_position = attempts.batch_position
            and twins.destination = attempts.destination
    where attempts.payload is not null
    group by twins.survivor_file_name, twins.survivor_row_number, twins.survivor_batch_position

),

kept as (

    select
        attempts.*,
        coalesce(attempts.payload, twin_payloads.payload) as known_payload
    from attempts
    left join twins
        on
            attempts.file_name = twins.file_name
            and attempts.row_number = twins.row_number
            and attempts.batch_position = twins.batch_position
            and attempts.destination = twins.destination
    left join twin_payloads
        on
            attempts.file_name = twin_payloads.survivor_file_name
            and attempts.row_number = twin_payloads.survivor_row_number
            and attempts.batch_position = twin_payloads.survivor_batch_position
    where twins.file_name is null

),

final as (

    select
        file_name || ':' || {{ as_text('row_number') }} || ':' || {{ as_text('batch_position') }} as attempt_id,
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
        {{ local_date('received_at') }} as event_date,
        outcome,
        http_status,
        error_code,
        error_subcode,
        error_class,
        is_test,
        action_source,
        value,
        currency,
        known_payload as payload,
        user_id,
        client_id,
        jurisdiction,
        gpc,
        consent_necessary,
        consent_analytics,
        consent_marketing,
        consent_basis,
        block_reason,
        -- A log that lists no fields still shows them: the keys of what was sent.
        case
            when outcome = 'blocked' or known_payload is null or {{ list_size('fields_sent') }} > 0 then fields_sent
            else {{ payload_field_names('known_payload') }}
        end as fields_sent,
        fields_stripped
    from kept

)

select * from final
