-- Grain: one row per date, canonical event, destination, dataset and currency.
create table if not exists marts.agg_dedup_forecast (
    event_date date,
    canonical_event varchar,
    destination varchar,
    dataset_id varchar,
    currency varchar,
    browser_count bigint,
    server_count bigint,
    pair_count bigint,
    expected_count bigint,
    true_count bigint,
    overcount bigint,
    overcount_value decimal(18, 2),
    is_final boolean,
    run_id varchar
);
