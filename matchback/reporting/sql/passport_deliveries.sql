-- Grain: one delivery decision or attempt that carries the event id or order id, oldest first.
select
    delivered_at,
    destination,
    source_format,
    request_id,
    event_name,
    event_id,
    outcome,
    error_class,
    error_code,
    error_subcode,
    http_status,
    is_test,
    effective_consent,
    consent_evidence,
    jurisdiction,
    gpc,
    required_tier,
    policy_decision,
    policy_reason,
    is_violation,
    array_to_string(violation_reasons, ',') as violation_reasons,
    array_to_string(fields_sent, ',') as fields_sent,
    array_to_string(fields_stripped, ',') as fields_stripped,
    block_reason
from marts.fct_deliveries
where
    event_date between $first_date and $last_date
    and (
        event_id in ($client_event_id, $server_event_id)
        or order_id = $order_id
    )
order by
    delivered_at,
    destination,
    delivery_id
limit 100
