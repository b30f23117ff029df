-- Grain: one row per run; status running, healthy, failing, incomplete; steps is a JSON list of name and seconds.
create table if not exists ops.runs (
    run_id varchar,
    started_at timestamp,
    ended_at timestamp,
    window_start date,
    window_end date,
    status varchar,
    exit_code bigint,
    stage varchar,
    message varchar,
    steps varchar,
    bytes_billed bigint
);
