-- Grain: one row per GA4 event row of a reconciled name that counts for its date (repeats NOT removed here).
with

events as (

    select
        file_name,
        row_number,
        export_kind,
        event_date,
        event_at,
        event_name,
        canonical_event,
        event_id,
        order_id,
        value,
        currency,
        fbclid,
        user_id,
        user_pseudo_id,
        ads_storage,
        analytics_storage,
        gclid,
        is_debug,
        param_count,
        device_category,
        browser,
        country,
        campaign
    from {{ ref('stg_ga4__rows') }}

)

select * from events
