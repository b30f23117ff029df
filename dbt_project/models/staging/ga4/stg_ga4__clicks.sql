-- Grain: one row per GA4 event row with a click id that counts for its date; kept until the shards of its date change.
{{ config(
    materialized=days_materialization(),
    incremental_strategy=history_strategy(),
    on_schema_change='append_new_columns',
    pre_hook="{{ forget_changed_shards(ga4_click_columns() ~ ga4_click_id(), near_window('table_date')) }}"
) }}

with

shards as (

    {{ changed_shards(ga4_click_columns() ~ ga4_click_id(), near_window('table_date')) | indent(4) }}

),

click_ids as (

    select
        file_name,
        row_number,
        max(case when parameter_name = 'gclid' then click_id end) as gclid,
        max(case when parameter_name = 'page_location' then click_id end) as fbclid
    from {{ ref('int_ga4_parameter_counts') }}
    where click_id is not null
    group by file_name, row_number

),

clicks as (

    select
        {{ ga4_click_columns() | indent(8) }},
        shards.shard_state
    from {{ source('landing', 'ga4_events') }} as source
    inner join shards
        on source.table_date = shards.table_date and {{ is_counted_export('source', 'shards') }}
    left join click_ids
        on source.file_name = click_ids.file_name and source.row_number = click_ids.row_number
    where
        {{ near_window('source.table_date') }}
        and (source.collected_traffic_source.gclid is not null or click_ids.file_name is not null)

)

select * from clicks
