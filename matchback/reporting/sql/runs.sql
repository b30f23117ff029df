-- Grain: one run, newest first.
select
    run_id,
    started_at,
    ended_at,
    window_start,
    window_end,
    status,
    steps,
    bytes_billed
from ops.runs
where run_id <= $run_id
order by run_id desc
limit 30
