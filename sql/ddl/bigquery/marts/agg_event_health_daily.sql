-- Grain: one row per date, canonical event, destination and dataset.
create table if not exists marts.agg_event_health_daily (
    event_date date,
    canonical_event string,
    destination string,
    dataset_id string,
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
    hit_ratio_low float64,
    hit_ratio_high float64,
    dedup_rate_low float64,
    dedup_rate_high float64,
    client_value numeric,
    server_value numeric,
    crm_value numeric,
    currency string,
    run_id string
)
partition by event_date
cluster by dataset_id, canonical_event;
