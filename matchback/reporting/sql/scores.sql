-- Grain: one row per run and surface, of two runs.
select
    run_id,
    surface,
    weight,
    score,
    coverage,
    grade,
    is_graded_beside,
    cap_reason,
    points_lost
from marts.agg_health_score
where run_id in ($run_id, $previous_run_id)
