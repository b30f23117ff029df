-- Grain: one row per run, newest first.
select score
from marts.agg_health_score
where
    surface = 'overall'
    and run_id <= $run_id
    and score is not null
order by run_id desc
limit 90
