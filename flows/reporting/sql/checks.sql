-- Grain: one row per run and check, of two runs.
select
    run_id,
    check_id,
    surface,
    value,
    numerator,
    denominator,
    interval_low,
    interval_high,
    status,
    threshold_kind,
    pass_bound,
    warn_bound,
    upper_bound,
    min_n
from marts.fct_check_results
where
    run_id in ($run_id, $previous_run_id)
    and dimension = 'all'
