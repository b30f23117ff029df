-- Grain: one row per run and surface, and one with surface overall.
create table if not exists marts.agg_health_score (
    run_id varchar,
    run_at timestamp,
    window_end date,
    surface varchar,
    weight bigint,
    score double,
    coverage double,
    grade varchar,
    is_graded_beside boolean,
    cap_reason varchar,
    points_lost struct(check_id varchar, status varchar, points double)[]
);
