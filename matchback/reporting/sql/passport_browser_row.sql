-- Grain: one exported GA4 row of that event and microsecond.
select
    file_name,
    row_number,
    export_kind,
    privacy_info.ads_storage
from landing.ga4_events
where
    table_date between $first_date and $last_date
    and event_timestamp = $event_timestamp
    and event_name = $event_name
order by
    file_name,
    row_number
limit 5
