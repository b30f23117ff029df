-- Grain: one row per scanned logical server event and identifier of it that must stay raw and does not, or is malformed;
-- right ones are counted together per date, dataset and event.
{%- set has_pattern, malformed = {}, {} -%}
{%- for name, definition in destinations().items() -%}
    {%- set tests = [] -%}
    {%- for key, pattern in definition.patterns.items() -%}
        {%- do tests.append("(payload_key = '" ~ key ~ "' and not " ~ is_click_id('sent', pattern) ~ ")") -%}
    {%- endfor -%}
    {%- do malformed.update({name: tests | join(' or ') or 'false'}) -%}
    {%- do has_pattern.update({name: "payload_key in ('" ~ definition.patterns.keys() | join("', '") ~ "')"}) -%}
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
        identifier.value as sent
    from events
    cross join {{ unnest_as('events.identifiers', 'identifier') }}
    where identifier.value <> '' and {{ has_role('identifier.type', 'raw', 'events.destination') }}

),

judged as (

    select
        *,
        {{ by_definition(has_pattern) }} as has_pattern,
        case
            when {{ by_definition(has_pattern) }} and not ({{ by_definition(malformed) }}) then ''
            when {{ is_any_hash('sent') }} then 'hashed'
            when {{ by_definition(malformed) }} then 'malformed'
            else ''
        end as defect
    from sent_values

),

-- Ids are kept only where there is something to report.
reported as (

    select
        destination,
        dataset_id,
        is_accepted,
        event_date,
        canonical_event,
        payload_key,
        has_pattern,
        defect,
        {% for column in ['server_event_key', 'entity_id', 'value', 'currency'] -%}
        case when defect <> '' then {{ column }} end as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from judged

),

final as (

    select
        destination,
        dataset_id,
        is_accepted,
        event_date,
        canonical_event,
        payload_key,
        has_pattern,
        defect,
        server_event_key,
        entity_id,
        value,
        currency,
        count(*) as value_count
    from reported
    group by
        destination, dataset_id, is_accepted, event_date, canonical_event, payload_key, has_pattern, defect,
        server_event_key, entity_id, value, currency

)

select * from final
