-- Grain: one row per date, dataset, verdict and currency of what is lost or distorted.
select
    event_date,
    dataset_id,
    status,
    coalesce(crm_currency, client_currency, server_currency) as currency,
    count(*) as event_count,
    sum(coalesce(crm_value, client_value, server_value)) as event_value
from marts.fct_reconciled_events
where
    event_date between $window_start and $window_end
    and status not in ('matched', 'matched_probable', 'denied_not_sent', 'blocked', 'test', 'missing_client')
group by
    event_date,
    dataset_id,
    status,
    coalesce(crm_currency, client_currency, server_currency)
