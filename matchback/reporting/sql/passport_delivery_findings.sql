-- Grain: one finding about one delivery of the event; a rejected batch has one per event id.
select
    check_id,
    severity,
    entity_type,
    entity_id,
    field_path,
    defect,
    evidence,
    value_at_risk,
    currency
from marts.fct_findings
where
    event_date between $first_date and $last_date
    and entity_id = $delivery_entity
    and (check_id <> 'delivery_rejected' or field_path in ('', $client_event_id, $server_event_id))
order by
    check_id,
    field_path,
    defect
limit 50
