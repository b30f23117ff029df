-- Grain: one row per run; status running, healthy, failing, incomplete; steps is a JSON list of name and seconds.
create table if not exists ops.runs (
    run_id string,
    started_at timestamp,
    ended_at timestamp,
    window_start date,
    window_end date,
    status string,
    exit_code int64,
    stage string,
    message string,
    steps string,
    bytes_billed int64
);
