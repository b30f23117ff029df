-- Grain: one row per run, check and dimension; event_date is null on the row with dimension all.
create table if not exists marts.fct_check_results (
    run_id string,
    run_at timestamp,
    window_start date,
    window_end date,
    check_id string,
    surface string,
    event_date date,
    dimension string,
    value float64,
    numerator int64,
    denominator int64,
    interval_low float64,
    interval_high float64,
    status string,
    threshold_kind string,
    pass_bound float64,
    warn_bound float64,
    upper_bound float64,
    min_n int64,
    is_final bool
)
partition by date(run_at)
cluster by check_id, run_id;
