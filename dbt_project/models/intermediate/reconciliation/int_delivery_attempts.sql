-- Grain: one row per delivery attempt or decision per event and destination.
-- Load duplicates (identical attempts) and the same delivery logged in two formats are one row.
{%- set lent_columns = ['action_source', 'event_source_url', 'identifiers', 'present_fields', 'unknown_keys', 'event_time_defect', 'payload_paths'] %}
with

logged as (

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
        answer_id,
        event_name,
        event_id,
        order_id,
        received_at,
        has_payload,
        -- An event without an id is told from others by its answer alone.
        case when event_id is not null then 'event ' || event_id else 'answer ' || answer_id end as twin_key
    from {{ ref('int_logged_attempts') }}

),

-- What repeats what is told without the payloads, which are wide.
without_repeats as (

    select {{ first_by('attempt_id', 'file_name, row_number, batch_position') }} as attempt_id
    from logged
    group by
        source_format,
        destination,
        dataset_id,
        coalesce(request_id, answer_id),
        event_name,
        event_id,
        received_at,
        coalesce(event_id, order_id, file_name || {{ as_text('row_number') }} || '|' || {{ as_text('batch_position') }})

),

attempts as (

    select logged.*
    from logged
    inner join without_repeats on logged.attempt_id = without_repeats.attempt_id

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
            and attempts.twin_key = survivors.twin_key
            and (
                attempts.answer_id = survivors.answer_id
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
lenders as (

    select
        twins.survivor_id,
        {{ first_by('twins.attempt_id', 'twins.format_rank') }} as attempt_id
    from twins
    inner join kept_attempts on twins.survivor_id = kept_attempts.attempt_id
    where twins.has_payload and not kept_attempts.has_payload
    group by twins.survivor_id

),

twin_payloads as (

    select
        lenders.survivor_id,
        logged_attempts.currency,
        {% for column in lent_columns -%}
        logged_attempts.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_logged_attempts') }} as logged_attempts
    inner join lenders on logged_attempts.attempt_id = lenders.attempt_id

),

kept as (

    select
        logged_attempts.*,
        twin_payloads.survivor_id is not null as has_twin_payload,
        twin_payloads.currency as twin_currency,
        {% for column in lent_columns -%}
        case when logged_attempts.has_payload then logged_attempts.{{ column }} else twin_payloads.{{ column }} end as known_{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('int_logged_attempts') }} as logged_attempts
    inner join kept_attempts on logged_attempts.attempt_id = kept_attempts.attempt_id
    left join twin_payloads on logged_attempts.attempt_id = twin_payloads.survivor_id

),

final as (

    select
        attempt_id,
        source_format,
        file_name,
        kept.row_number,
        batch_position,
        destination,
        dataset_id,
        request_id,
        answer_id,
        event_name,
        canonical_event,
        event_id,
        order_id,
        lead_id,
        event_at,
        received_at,
        {{ local_date('received_at') }} as event_date,
        outcome,
        http_status,
        error_code,
        error_subcode,
        error_class,
        is_test,
        value,
        currency,
        has_payload or has_twin_payload as has_payload,
        coalesce(currency, twin_currency) as payload_currency,
        {% for column in lent_columns -%}
        known_{{ column }} as {{ column }},
        {% endfor -%}
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
            when outcome = 'blocked' or not (has_payload or has_twin_payload) or {{ list_size('fields_sent') }} > 0 then fields_sent
            else {{ payload_field_names('known_payload_paths') }}
        end as fields_sent,
        fields_stripped
    from kept

)

select * from final
