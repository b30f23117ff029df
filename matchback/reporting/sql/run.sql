-- Grain: one row, the run that is reported.
select
    min(window_start) as window_start,
    max(window_end) as window_end
from marts.fct_check_results
where run_id = $run_id
group by run_id
