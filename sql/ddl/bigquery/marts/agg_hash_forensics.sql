-- Grain: one row per date, destination, dataset, hashed key, verdict and form.
create table if not exists marts.agg_hash_forensics (
    event_date date,
    destination string,
    dataset_id string,
    payload_key string,
    verdict string,
    form string,
    event_count int64,
    recoverable_count int64,
    advice string,
    run_id string
)
partition by event_date
cluster by dataset_id, payload_key;
