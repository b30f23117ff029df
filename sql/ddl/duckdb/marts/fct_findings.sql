-- Grain: one violating thing per check: check_id, entity_id, field_path, defect, event_date.
create table if not exists marts.fct_findings (
    check_id varchar,
    event_date date,
    severity varchar,
    surface varchar,
    source varchar,
    dataset_id varchar,
    entity_type varchar,
    entity_id varchar,
    field_path varchar,
    defect varchar,
    dimension varchar,
    evidence varchar,
    occurrences bigint,
    value_at_risk decimal(18, 2),
    currency varchar,
    first_seen_at timestamp,
    run_id varchar
);
