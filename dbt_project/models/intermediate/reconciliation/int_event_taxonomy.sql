-- Grain: one row per GA4 event name: the seed, overridden and extended by the user's own events.
{{ config(materialized='view') }}

with

shipped as (

    select ga4_name, canonical_event, kind = 'reconciled' as is_reconciled, is_conversion, kind
    from {{ ref('event_taxonomy') }}

),

users as (

    {% for event in setting('taxonomy_events') %}
    select
        {{ quoted(event.ga4_name) }} as ga4_name,
        {{ quoted(event.canonical_event) }} as canonical_event,
        {{ flag(event.names) }} as is_reconciled,
        {{ flag(event.is_conversion) }} as is_conversion,
        'user' as kind
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select ga4_name, canonical_event, is_reconciled, is_conversion, kind from shipped where false
    {% endfor %}

),

merged as (

    select ga4_name, canonical_event, is_reconciled, is_conversion, kind from users
    union all
    select ga4_name, canonical_event, is_reconciled, is_conversion, kind
    from shipped
    where ga4_name not in (select ga4_name from users)

)

select * from merged
