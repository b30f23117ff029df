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

-- What repeats what is told without the payloads, which are wide.
without_repeats as (

    select {{ first_by('attempt_id', 'file_name, row_number, batch_position') }} as attempt_id
    from named
    group by
        source_format,
        destination,
        dataset_id,
        coalesce(request_id, fbtrace_id),
        event_name,
        event_id,
        received_at,
        coalesce(event_id, order_id, file_name || {{ as_text('row_number') }} || '|' || {{ as_text('batch_position') }})

),

attempts as (

    select
        named.attempt_id,
        named.format_rank,
        named.destination,
        named.dataset_id,
        named.event_name,
        named.event_id,
        named.fbtrace_id,
        named.received_at,
        named.payload is not null as has_payload
    from named
    inner join without_repeats on named.attempt_id = without_repeats.attempt_id

),

twins as (

    select
        attempts.attempt_id,
        attempts.format_rank,
        attempts.has_payload,
        {{ first_by('survivors.attempt_id', 'survivors.format_rank, survivors.received_at') }} as survivor_id
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
    group by attempts.attempt_id, attempts.format_rank, attempts.has_payload

),

kept_attempts as (

    select
        attempts.attempt_id,
        attempts.has_payload
    from attempts
    left join twins on attempts.attempt_id = twins.attempt_id
    where twins.attempt_id is null

),

-- Of an attempt that was logged without its payload, the payload that another format logged.
lent as (

    select
        twins.survivor_id,
        {{ first_by('twins.attempt_id', 'twins.format_rank') }} as attempt_id
    from twins
    inner join kept_attempts on twins.survivor_id = kept_attempts.attempt_id
    where twins.has_payload and not kept_attempts.has_payload
    group by twins.survivor_id

),

twin_payloads as (

    select lent.survivor_id, named.payload
    from named
    inner join lent on named.attempt_id = lent.attempt_id

),

kept as (

    select
        named.*,
        coalesce(named.payload, twin_payloads.payload) as known_payload
    from named
    inner join kept_attempts on named.attempt_id = kept_attempts.attempt_id
    left join twin_payloads on named.attempt_id = twin_payloads.survivor_id

),

final as (

    select
        attempt_id,
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
