-- Grain: one row per logical server event of the window, hashed key of user_data and value sent for it.
-- Values that are no hash are named by their defect and not kept.
with

events as (

    select server_event_key, dataset_id, is_accepted, event_date, canonical_event, entity_id, value, currency, hashed_parts
    from {{ ref('int_scanned_server_events') }}
    where replace({{ joined('hashed_parts', '') }}, 'null', '') <> ''

),

keys as (

    {% for key in hashed_keys() %}
    select '{{ key }}' as payload_key, {{ loop.index }} as key_position
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

parts as (

    select
        events.server_event_key,
        events.dataset_id,
        events.is_accepted,
        events.event_date,
        events.canonical_event,
        events.entity_id,
        events.value,
        events.currency,
        keys.payload_key,
        {{ element('events.hashed_parts', 'keys.key_position') }} as part
    from events
    cross join keys
    where coalesce({{ element('events.hashed_parts', 'keys.key_position') }}, 'null') not in ('null', '""', '[]')

),

elements as (

    select
        parts.*,
        sent,
        element_position
    from parts
    cross join {{ unnest_numbered(
        "case when part like '[%' then " ~ json_text_items('part', '$') ~ " else " ~ text_list([json_text('part', '$')]) ~ " end",
        'sent', 'element_position') }}
    where sent is not null and sent <> ''

),

judged as (

    select
        *,
        case
            when payload_key = 'external_id' then {{ external_id_format_defect('sent') }}
            else {{ hash_format_defect('sent') }}
        end as format_defect,
        {{ regex_matches('sent', '^[0-9a-f]{64}([.]([A-Za-z0-9_-]{8}|[A-Za-z0-9_-]{2}))?$') }} as is_hash
    from elements

),

digests as (

    select
        server_event_key,
        dataset_id,
        is_accepted,
        event_date,
        canonical_event,
        entity_id,
        value,
        currency,
        payload_key,
        element_position,
        format_defect,
        case when is_hash then substr(sent, 1, 64) end as digest
    from judged

),

junk as (

    select digest, placeholder from {{ ref('junk_hashes') }}

),

final as (

    select
        digests.*,
        junk.digest is not null as is_junk,
        junk.placeholder
    from digests
    left join junk on digests.digest = junk.digest

)

select * from final
