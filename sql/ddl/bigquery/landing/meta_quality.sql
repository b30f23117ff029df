-- Grain: one figure that the Dataset Quality API gave about one event of one dataset at one fetch; name is the key or the dedup key it is about, else empty.
create table if not exists landing.meta_quality (
    fetched_at timestamp,
    dataset_id string,
    event_name string,
    metric string,
    name string,
    value float64,
    goal float64,
    potential_increase float64,
    description string,
    run_id string
)
partition by date(fetched_at);
