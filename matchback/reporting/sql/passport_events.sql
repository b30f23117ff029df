-- Grain: one reconciled event near a date.
select
    reconciled_event_id,
    event_date,
    canonical_event,
    dataset_id,
    canonical_id,
    order_id,
    client_event_id,
    server_event_id,
    in_client,
    in_server,
    in_crm,
    match_method,
    crm_match_method,
    status,
    array_to_string(reasons, ',') as reasons,
    client_at,
    server_received_at,
    crm_at,
    seconds_apart,
    client_value,
    client_currency,
    server_value,
    server_currency,
    crm_value,
    crm_currency,
    client_event_name,
    server_outcome,
    is_denied,
    is_final
from marts.fct_reconciled_events
where
    event_date = $event_date
    and reconciled_event_id = $reconciled_event_id
