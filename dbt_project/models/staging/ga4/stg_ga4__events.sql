-- Grain: one row per GA4 event row of the export kind that counts for its date (repeats NOT removed here).
{{ config(materialized='table') }}

with

source as (

    select
        *,
        {{ ga4_param_keys() }} as param_keys
    from {{ source('landing', 'ga4_events') }}
    where table_date between {{ window_start(-2) }} and {{ window_end(2) }}

),

exports as (

    select table_date, export_kind, intraday_after from {{ ref('stg_ga4__exports') }}

),

taxonomy as (

    select ga4_name, canonical_event from {{ ref('int_event_taxonomy') }}
    where meta_name is not null

),

renamed as (

    select
        source.file_name,
        source.row_number,
        source.export_kind,
        source.table_date as event_date,
        {{ micros_to_timestamp('source.event_timestamp') }} as event_at,
        source.event_name,
        taxonomy.canonical_event,
        {{ ga4_event_id() }} as event_id,
        {{ ga4_order_id('source') }} as order_id,
        {{ ga4_value('source') }} as value,
        {{ ga4_param('currency') }} as currency,
        {{ url_parameter(ga4_param('page_location'), 'fbclid') }} as fbclid,
        nullif(trim(source.user_id), '') as user_id,
        nullif(trim(source.user_pseudo_id), '') as user_pseudo_id,
        {{ yes_no('source.privacy_info.ads_storage') }} as ads_storage,
        {{ yes_no('source.privacy_info.analytics_storage') }} as analytics_storage,
        coalesce(source.collected_traffic_source.gclid, {{ ga4_param('gclid') }}) as gclid,
        coalesce({{ ga4_param('debug_mode') }} in ('1', 'true'), false) as is_debug,
        {{ list_size('source.event_params') }} as param_count,
        source.device.category as device_category,
        source.device.web_info.browser as browser,
        source.geo.country as country,
        source.collected_traffic_source.manual_campaign_name as campaign
    from source
    inner join exports
        on
            source.table_date = exports.table_date
            and (
                source.export_kind = exports.export_kind
                or (source.export_kind = 'intraday' and source.event_timestamp > exports.intraday_after)
            )
    left join taxonomy on source.event_name = taxonomy.ga4_name

)

select * from renamed
