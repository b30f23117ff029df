-- Grain: one row per date, canonical event, destination, dataset and currency.
create table if not exists marts.agg_dedup_forecast (
    event_date date,
    canonical_event string,
    destination string,
    dataset_id string,
    currency string,
    browser_count int64,
    server_count int64,
    pair_count int64,
    expected_count int64,
    true_count int64,
    overcount int64,
    overcount_value numeric,
    is_final bool,
    run_id string
)
partition by event_date
cluster by dataset_id, canonical_event;
