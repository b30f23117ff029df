-- Grain: one row per date and destination to which data went after the person had withdrawn consent.
create table if not exists marts.agg_withdrawal_latency (
    event_date date,
    destination varchar,
    send_count bigint,
    latency_p50_s double,
    latency_p95_s double,
    latency_max_s double,
    run_id varchar
);
