-- Grain: one row per logical server event of the window, hashed key and value sent for it.
-- Values that are no hash are named by their defect and not kept.
{%- set may_be_raw = {} -%}
{%- for name, definition in destinations().items() -%}
    {%- set keys = definition.may_be_raw -%}
    {%- do may_be_raw.update({name: "payload_key in ('" ~ keys | join("', '") ~ "')"}) -%}
{%- endfor %}
with

events as (

    select
        server_event_key, destination, dataset_id, is_accepted, event_date, canonical_event, entity_id, value, currency,
        identifiers
    from {{ ref('int_scanned_server_events') }}

),

sent_values as (

    select
        events.server_event_key,
        events.destination,
        events.dataset_id,
        events.is_accepted,
        events.event_date,
        events.canonical_event,
        events.entity_id,
        events.value,
        events.currency,
        identifier.type as payload_key,
        identifier.position as element_position,
        identifier.value as sent,
        identifier.is_hashed
    from events
    cross join {{ unnest_as('events.identifiers', 'identifier') }}
    where identifier.value <> '' and {{ has_role('identifier.type', 'hashed', 'events.destination') }}

),

digests as (

    select
        server_event_key,
        destination,
        dataset_id,
        is_accepted,
        event_date,
        canonical_event,
        entity_id,
        value,
        currency,
        payload_key,
        element_position,
        case
            when {{ by_definition(may_be_raw) }} then {{ external_id_format_defect('sent') }}
            else {{ hash_format_defect('sent') }}
        end as format_defect,
        case when is_hashed then substr(sent, 1, 64) end as digest
    from sent_values

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
