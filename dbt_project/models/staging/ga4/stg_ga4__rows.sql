-- Grain: one row per GA4 event row of a reconciled name that counts for its date (repeats NOT removed here).
-- Kept until the shards of its date change: finding parameters is what reading a day costs.
{{ config(
    materialized=days_materialization(),
    incremental_strategy=history_strategy(),
    on_schema_change='append_new_columns',
    pre_hook="{{ forget_changed_shards(ga4_row_columns(), near_window('table_date')) }}"
) }}

with

shards as (

    {{ changed_shards(ga4_row_columns(), near_window('table_date')) | indent(4) }}

),

taxonomy as (

    select ga4_name, canonical_event from {{ ref('int_event_taxonomy') }}
    where is_reconciled

),

landed as (

    select
        source.file_name,
        source.row_number,
        source.export_kind,
        source.table_date,
        source.event_timestamp,
        source.event_name,
        source.event_params,
        source.user_id,
        source.user_pseudo_id,
        source.privacy_info.ads_storage,
        source.privacy_info.analytics_storage,
        source.ecommerce,
        source.collected_traffic_source.gclid as collected_gclid,
        source.collected_traffic_source.manual_campaign_name as campaign,
        source.device.category as device_category,
        source.device.web_info.browser,
        source.geo.country,
        taxonomy.canonical_event,
        {{ ga4_param_keys('source.event_params') }} as param_keys,
        shards.shard_state
    from {{ source('landing', 'ga4_events') }} as source
    inner join taxonomy on source.event_name = taxonomy.ga4_name
    inner join shards
        on source.table_date = shards.table_date and {{ is_counted_export('source', 'shards') }}
    where {{ near_window('source.table_date') }}

),

flattened as (

    select
        {{ ga4_row_columns() | indent(8) }},
        landed.shard_state
    from landed

)

select * from flattened
