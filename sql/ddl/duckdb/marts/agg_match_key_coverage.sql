-- Grain: one row per date, destination, dataset, canonical event and customer-information key.
create table if not exists marts.agg_match_key_coverage (
    event_date date,
    destination varchar,
    dataset_id varchar,
    canonical_event varchar,
    match_key varchar,
    event_count bigint,
    event_with_key_count bigint,
    hashed_count bigint,
    coverage double,
    run_id varchar
);
