-- Grain: one row per run, check and dimension; event_date is null on the row with dimension all.
create table if not exists marts.fct_check_results (
    run_id varchar,
    run_at timestamp,
    window_start date,
    window_end date,
    check_id varchar,
    surface varchar,
    event_date date,
    dimension varchar,
    value double,
    numerator bigint,
    denominator bigint,
    interval_low double,
    interval_high double,
    status varchar,
    threshold_kind varchar,
    pass_bound double,
    warn_bound double,
    upper_bound double,
    min_n bigint,
    is_final boolean
);
