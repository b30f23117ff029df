-- Grain: one row per source, event, path and change, newest first.
select
    source,
    event_name,
    path,
    change,
    expected,
    observed,
    is_breaking,
    release,
    min(event_date) as first_date,
    max(event_date) as last_date
from marts.fct_schema_drift
where event_date between $history_start and $window_end
group by
    source,
    event_name,
    path,
    change,
    expected,
    observed,
    is_breaking,
    release
order by
    max(event_date) desc,
    source,
    event_name,
    path,
    change
limit 60
