-- Grain: one row per date, canonical event, destination, dataset, device category, browser, country and campaign of the client.
create table if not exists marts.agg_event_health_segments (
    event_date date,
    canonical_event string,
    destination string,
    dataset_id string,
    device_category string,
    browser string,
    country string,
    campaign string,
    client_count int64,
    consented_client_count int64,
    server_accepted_count int64,
    pair_count int64,
    hit_ratio float64,
    hit_ratio_raw float64,
    dedup_rate float64,
    aligned_rate float64,
    name_consistency_rate float64,
    value_match_rate float64,
    crm_count int64,
    crm_coverage_client float64,
    crm_coverage_server float64,
    ghost_count int64,
    params_mean float64,
    is_final bool,
    run_id string
)
partition by event_date
cluster by dataset_id, canonical_event
options (require_partition_filter = true);
