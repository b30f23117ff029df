-- Grain: one violating thing per check: check_id, entity_id, field_path, defect, event_date.
create table if not exists marts.fct_findings (
    check_id string,
    event_date date,
    severity string,
    surface string,
    source string,
    dataset_id string,
    entity_type string,
    entity_id string,
    field_path string,
    defect string,
    dimension string,
    evidence string,
    occurrences int64,
    value_at_risk numeric,
    currency string,
    first_seen_at timestamp,
    run_id string
)
partition by event_date
cluster by check_id, entity_id;
