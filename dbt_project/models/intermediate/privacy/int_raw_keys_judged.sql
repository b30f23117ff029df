-- Grain: one row per logical server event of the window and key of user_data that must stay raw, when it was sent.
with

events as (

    select server_event_key, dataset_id, event_date, canonical_event, entity_id, value, currency, raw_values
    from {{ ref('int_scanned_server_events') }}

),

judged as (

    {% for key in never_hashed_keys() %}
    {%- set sent = element('raw_values', loop.index) %}
    select
        server_event_key,
        dataset_id,
        event_date,
        canonical_event,
        entity_id,
        value,
        currency,
        '{{ key }}' as payload_key,
        {{ is_any_hash(sent) }} as is_hashed,
        {% if key in ['fbc', 'fbp'] -%}
        not {{ is_click_id(key, sent) }} and not {{ is_any_hash(sent) }}
        {%- else -%}
        false
        {%- endif %} as is_malformed
    from events
    where {{ sent }} is not null and {{ sent }} <> ''
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select * from judged
