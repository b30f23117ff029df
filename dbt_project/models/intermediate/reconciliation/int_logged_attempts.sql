-- Grain: one row per attempt or decision as one log has it, per event and destination (repeats NOT removed here).
with

unioned as (

    {% for model in log_staging_models() %}
    select {{ loop.index }} as format_rank, * from {{ ref(model) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

-- A name that several events share is the first one's.
event_names as (

    select destination, event_name, {{ first_by('canonical_event', 'position, ga4_name') }} as canonical_event
    from {{ ref('int_destination_events') }}
    group by destination, event_name

),

-- It is the one of them that the browser has with the same event id, where it has one.
shared_names as (

    select destination, event_name
    from {{ ref('int_destination_events') }}
    group by destination, event_name
    having count(distinct canonical_event) > 1

),

names_by_event_id as (

    select
        names.destination,
        names.event_name,
        {{ without_leading_zeros('events.event_id') }} as event_id,
        {{ first_by('names.canonical_event', 'names.position, names.ga4_name') }} as canonical_event
    from {{ ref('stg_ga4__events') }} as events
    inner join {{ ref('int_destination_events') }} as names on events.event_name = names.ga4_name
    inner join shared_names on names.destination = shared_names.destination and names.event_name = shared_names.event_name
    where events.event_id is not null
    group by names.destination, names.event_name, {{ without_leading_zeros('events.event_id') }}

),

ga4_names as (

    select ga4_name, canonical_event from {{ ref('int_event_taxonomy') }}

),

names_of_ga4 as (

    select destination, ga4_name, {{ first_by('event_name', 'position, event_name') }} as event_name
    from {{ ref('int_destination_events') }}
    group by destination, ga4_name

),

error_codes as (

    select destination, code, subcode, error_class from {{ ref('destination_error_codes') }}

),

named as (

    select
        unioned.format_rank,
        unioned.file_name || ':' || {{ as_text('unioned.row_number') }} || ':' || {{ as_text('unioned.batch_position') }} as attempt_id,
        unioned.source_format,
        unioned.file_name,
        unioned.row_number,
        unioned.batch_position,
        unioned.destination,
        unioned.dataset_id,
        unioned.request_id,
        unioned.answer_id,
        coalesce(unioned.event_name, names_of_ga4.event_name, unioned.event_type) as event_name,
        case
            when unioned.event_name is not null then coalesce(names_by_event_id.canonical_event, event_names.canonical_event)
            else coalesce(ga4_names.canonical_event, names_by_type.canonical_event)
        end as canonical_event,
        unioned.event_id,
        unioned.order_id,
        unioned.lead_id,
        unioned.event_at,
        unioned.received_at,
        unioned.outcome,
        unioned.http_status,
        unioned.error_code,
        unioned.error_subcode,
        case
            when unioned.outcome <> 'rejected' then null
            when unioned.is_parse_failure then 'permanent'
            else {{ error_class('unioned') | indent(8) }}
        end as error_class,
        unioned.is_test,
        unioned.has_payload,
        unioned.action_source,
        unioned.event_source_url,
        unioned.value,
        unioned.currency,
        unioned.identifiers,
        unioned.present_fields,
        unioned.unknown_keys,
        unioned.event_time_defect,
        unioned.payload_paths,
        unioned.user_id,
        unioned.client_id,
        unioned.jurisdiction,
        unioned.gpc,
        unioned.consent_necessary,
        unioned.consent_analytics,
        unioned.consent_marketing,
        unioned.consent_basis,
        unioned.block_reason,
        unioned.fields_sent,
        unioned.fields_stripped
    from unioned
    left join event_names
        on unioned.definition = event_names.destination and unioned.event_name = event_names.event_name
    left join names_by_event_id
        on
            unioned.definition = names_by_event_id.destination
            and unioned.event_name = names_by_event_id.event_name
            and {{ without_leading_zeros('unioned.event_id') }} = names_by_event_id.event_id
    left join ga4_names on unioned.event_type = ga4_names.ga4_name
    left join names_of_ga4
        on unioned.definition = names_of_ga4.destination and unioned.event_type = names_of_ga4.ga4_name
    left join event_names as names_by_type
        on unioned.definition = names_by_type.destination and unioned.event_type = names_by_type.event_name
    left join error_codes as exact_codes
        on
            unioned.definition = exact_codes.destination
            and {{ as_text('unioned.error_code') }} = exact_codes.code
            and {{ as_text('unioned.error_subcode') }} = exact_codes.subcode
    left join error_codes as general_codes
        on
            unioned.definition = general_codes.destination
            and {{ as_text('unioned.error_code') }} = general_codes.code
            and general_codes.subcode is null

)

select * from named
