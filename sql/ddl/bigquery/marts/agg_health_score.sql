-- Grain: one row per run and surface, and one with surface overall.
create table if not exists marts.agg_health_score (
    run_id string,
    run_at timestamp,
    window_end date,
    surface string,
    weight int64,
    score float64,
    coverage float64,
    grade string,
    is_graded_beside bool,
    cap_reason string,
    points_lost array<struct<check_id string, status string, points float64>>
)
partition by date(run_at)
cluster by run_id;
