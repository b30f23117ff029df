-- Grain: one row per canonical event, dataset and currency.
select
    canonical_event,
    dataset_id,
    currency,
    sum(browser_count) as browser_count,
    sum(server_count) as server_count,
    sum(expected_count) as expected_count,
    sum(true_count) as true_count,
    sum(overcount) as overcount,
    sum(overcount_value) as overcount_value
from marts.agg_dedup_forecast as forecast
where event_date between $window_start and $window_end
group by
    canonical_event,
    dataset_id,
    currency
order by
    sum(forecast.overcount) desc,
    canonical_event,
    dataset_id,
    currency
