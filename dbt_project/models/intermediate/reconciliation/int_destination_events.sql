-- Grain: one row per destination, GA4 event name and name that the event has there: the definitions, then the user's own events.
{{ config(materialized='view') }}

with

taxonomy as (

    select ga4_name, canonical_event, kind from {{ ref('int_event_taxonomy') }}
    where is_reconciled

),

shipped as (

    select
        names.destination,
        taxonomy.ga4_name,
        names.canonical_event,
        names.event_name,
        names.position
    from {{ ref('destination_events') }} as names
    inner join taxonomy on names.canonical_event = taxonomy.canonical_event and taxonomy.kind <> 'user'

),

users as (

    {% set named = namespace(any=false) -%}
    {% for event in setting('taxonomy_events') -%}
    {% for destination, name in event.names.items() -%}
    {{ 'union all' if named.any }}
    {%- set named.any = true %}
    select
        {{ quoted(destination) }} as destination,
        {{ quoted(event.ga4_name) }} as ga4_name,
        {{ quoted(event.canonical_event) }} as canonical_event,
        {{ quoted(name) }} as event_name,
        1 as position
    {% endfor -%}
    {% endfor -%}
    {% if not named.any %}
    select destination, ga4_name, canonical_event, event_name, position from shipped where false
    {% endif %}

),

merged as (

    select destination, ga4_name, canonical_event, event_name, position from users
    union all
    select destination, ga4_name, canonical_event, event_name, position from shipped

)

select * from merged
