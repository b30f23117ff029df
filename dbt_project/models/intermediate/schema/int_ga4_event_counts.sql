-- Grain: one row per date to profile and GA4 event name; kept until the shards of the date change: the one pass over its items.
{{ config(
    materialized=days_materialization(),
    incremental_strategy=history_strategy(),
    on_schema_change='append_new_columns',
    pre_hook="{{ forget_changed_shards(ga4_event_counts(), in_profile('table_date')) }}"
) }}

with

shards as (

    {{ changed_shards(ga4_event_counts(), in_profile('table_date')) | indent(4) }}

),

landed as (

    select
        source.table_date as event_date,
        {{ safe_name("coalesce(source.event_name, '')") }} as event_name,
        source.event_timestamp,
        source.export_kind,
        {%- for field in value_fields('ecommerce') %}
        source.ecommerce.{{ field }},
        {%- endfor %}
        source.items
    from {{ source('landing', 'ga4_events') }} as source
    inner join shards
        on source.table_date = shards.table_date and {{ is_counted_export('source', 'shards') }}
    where {{ in_profile('source.table_date') }}

),

counted as (

    select
        event_date,
        event_name,
        {{ ga4_event_counts() | indent(8) }}
    from landed
    group by event_date, event_name

),

dated as (

    select
        counted.*,
        shards.shard_state
    from counted
    inner join shards on counted.event_date = shards.table_date

)

select * from dated
