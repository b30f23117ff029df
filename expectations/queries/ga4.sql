-- Grain: one row. Misscaled: event_timestamp is in microseconds, from 2012, before the first
-- export, to 2100; seconds or milliseconds in their place fall far outside.
with

files as (

    select
        file_name,
        count(*) as row_count,
        count(distinct row_number) as distinct_row_count,
        sum(case when event_name is null then 1 else 0 end) as unnamed,
        sum(case when event_timestamp is null then 1 else 0 end) as untimed,
        sum(case when export_kind in ('daily', 'fresh', 'intraday') then 0 else 1 end) as unknown_kind,
        sum(case when event_date = replace(cast(table_date as string), '-', '') then 0 else 1 end) as other_date,
        sum(
            case when event_timestamp not between 1325376000000000 and 4102444800000000 then 1 else 0 end
        ) as misscaled
    from landing.ga4_events
    where table_date between cast($first_date as date) and cast($last_date as date)
    group by file_name, table_date, export_kind

),

loads as (

    select distinct file_name from landing.load_ledger where source = 'ga4' and error is null

)

select
    sum(files.row_count) as row_count,
    sum(files.unnamed) as unnamed,
    sum(files.untimed) as untimed,
    sum(files.unknown_kind) as unknown_kind,
    sum(files.row_count - files.distinct_row_count) as repeated,
    sum(case when loads.file_name is null then files.row_count else 0 end) as unledgered,
    sum(files.other_date) as other_date,
    sum(files.misscaled) as misscaled
from files
left join loads on files.file_name = loads.file_name
