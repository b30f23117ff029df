-- Grain: one row per date, destination, dataset, hashed key, verdict and form.
create table if not exists marts.agg_hash_forensics (
    event_date date,
    destination varchar,
    dataset_id varchar,
    payload_key varchar,
    verdict varchar,
    form varchar,
    event_count bigint,
    recoverable_count bigint,
    advice varchar,
    run_id varchar
);
