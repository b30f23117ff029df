-- Grain: one row per scanned logical server event: what is wrong with the keys of user_data that must stay raw.
with

events as (

    select server_event_key, dataset_id, is_accepted, event_date, canonical_event, entity_id, value, currency, raw_values
    from {{ ref('int_scanned_server_events') }}

),

judged as (

    select
        server_event_key,
        dataset_id,
        is_accepted,
        event_date,
        canonical_event,
        entity_id,
        value,
        currency,
        {% for key in never_hashed_keys() %}
        {%- set sent = element('raw_values', loop.index) %}
        case
            when coalesce({{ sent }}, '') = '' then null
            {% if key in ['fbc', 'fbp'] -%}
            when {{ is_click_id(key, sent) }} then ''
            when {{ is_any_hash(sent) }} then 'hashed'
            else 'malformed'
            {%- else -%}
            when {{ is_any_hash(sent) }} then 'hashed'
            else ''
            {%- endif %}
        end as {{ key }}_defect{{ ',' if not loop.last }}
        {% endfor %}
    from events

),

-- Ids are kept only where there is something to report.
final as (

    select
        dataset_id,
        is_accepted,
        event_date,
        canonical_event,
        {% for key in never_hashed_keys() %}
        {{ key }}_defect,
        {% endfor %}
        {% for column in ['server_event_key', 'entity_id', 'value', 'currency'] %}
        case
            when {% for key in never_hashed_keys() %}{{ key }}_defect <> ''{{ ' or ' if not loop.last }}{% endfor %} then {{ column }}
        end as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from judged

)

select * from final
