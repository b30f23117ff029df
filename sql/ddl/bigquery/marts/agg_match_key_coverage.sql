-- Grain: one row per date, destination, dataset, canonical event and customer-information key.
create table if not exists marts.agg_match_key_coverage (
    event_date date,
    destination string,
    dataset_id string,
    canonical_event string,
    match_key string,
    event_count int64,
    event_with_key_count int64,
    hashed_count int64,
    coverage float64,
    run_id string
)
partition by event_date
cluster by dataset_id, canonical_event;
