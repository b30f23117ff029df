-- Grain: one row per dataset, canonical event, verdict, reasons, presence and currency.
select
    dataset_id,
    canonical_event,
    status,
    array_to_string(reasons, ',') as reasons,
    in_client,
    in_server,
    in_crm,
    coalesce(crm_currency, client_currency, server_currency) as currency,
    count(*) as event_count,
    sum(coalesce(crm_value, client_value, server_value)) as event_value
from marts.fct_reconciled_events
where event_date between $window_start and $window_end
group by
    dataset_id,
    canonical_event,
    status,
    array_to_string(reasons, ','),
    in_client,
    in_server,
    in_crm,
    coalesce(crm_currency, client_currency, server_currency)
