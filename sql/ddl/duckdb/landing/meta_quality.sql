-- Grain: one figure that the Dataset Quality API gave about one event of one dataset at one fetch; name is the key or the dedup key it is about, else empty.
create table if not exists landing.meta_quality (
    fetched_at timestamp,
    dataset_id varchar,
    event_name varchar,
    metric varchar,
    name varchar,
    value double,
    goal double,
    potential_increase double,
    description varchar,
    run_id varchar
);
