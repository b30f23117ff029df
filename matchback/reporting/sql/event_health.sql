-- Grain: one row per date, canonical event and dataset.
select
    event_date,
    canonical_event,
    dataset_id,
    client_count,
    consented_client_count,
    server_accepted_count,
    hit_ratio,
    hit_ratio_low,
    hit_ratio_high,
    dedup_rate,
    is_final
from marts.agg_event_health_daily
where event_date between $history_start and $window_end
order by
    dataset_id,
    canonical_event,
    event_date
