-- Grain: one row per destination and reasons of deliveries that should not have left.
select
    coalesce(destination, 'unknown') as destination,
    array_to_string(violation_reasons, ',') as violation_reasons,
    count(*) as delivery_count
from marts.fct_deliveries
where
    event_date between $window_start and $window_end
    and is_violation
    and not coalesce(is_test, false)
group by
    coalesce(destination, 'unknown'),
    array_to_string(violation_reasons, ',')
