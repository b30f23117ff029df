-- Grain: one row per dataset, canonical event, device and browser, most events lost first.
select
    dataset_id,
    canonical_event,
    device_category,
    browser,
    sum(consented_client_count) as consented_client_count,
    sum(server_accepted_count) as server_accepted_count
from marts.agg_event_health_segments as segments
where event_date between $window_start and $window_end
group by
    dataset_id,
    canonical_event,
    device_category,
    browser
having sum(segments.consented_client_count) >= 20
order by
    sum(segments.consented_client_count) - sum(segments.server_accepted_count) desc,
    dataset_id,
    canonical_event,
    device_category,
    browser
limit 12
