-- Grain: one row per destination to which data went after a withdrawal.
select
    destination,
    sum(send_count) as send_count,
    max(latency_max_s) as latency_max_s
from marts.agg_withdrawal_latency
where event_date between $window_start and $window_end
group by destination
order by destination
