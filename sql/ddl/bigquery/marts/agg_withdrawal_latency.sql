-- Grain: one row per date and destination to which data went after the person had withdrawn consent.
create table if not exists marts.agg_withdrawal_latency (
    event_date date,
    destination string,
    send_count int64,
    latency_p50_s float64,
    latency_p95_s float64,
    latency_max_s float64,
    run_id string
)
partition by event_date
cluster by destination;
