-- Grain: one finding about one of the entities of an event.
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
    and entity_id in ($order_id, $client_event_id, $client_entity, $server_entity, $server_order_entity)
order by
    check_id,
    entity_id,
    field_path,
    defect
limit 50
