-- Grain: at most one row, the run to compare with: the newest before it of an earlier date, else the newest before it.
select
    run_id,
    window_end
from marts.agg_health_score
where
    surface = 'overall'
    and run_id < $run_id
order by
    case when window_end < $window_end then 0 else 1 end,
    run_id desc
limit 1
