-- Grain: one row per date near the window with the export kind that counts for it.
-- Daily wins; else fresh with the intraday rows newer than it; else intraday.
with

shards as (

    select
        table_date,
        max(case when export_kind = 'daily' then 1 else 0 end) as has_daily,
        max(case when export_kind = 'fresh' then 1 else 0 end) as has_fresh,
        max(case when export_kind = 'fresh' then event_timestamp end) as fresh_until
    from {{ source('landing', 'ga4_events') }}
    where table_date between {{ window_start(-32) }} and {{ window_end(2) }}
    group by table_date

),

chosen as (

    select
        table_date,
        case
            when has_daily = 1 then 'daily'
            when has_fresh = 1 then 'fresh'
            else 'intraday'
        end as export_kind,
        case when has_daily = 0 and has_fresh = 1 then fresh_until end as intraday_after
    from shards

)

select * from chosen
