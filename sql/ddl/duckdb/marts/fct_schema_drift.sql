-- Grain: one row per date, source, event and path that differs from the contract.
create table if not exists marts.fct_schema_drift (
    event_date date,
    source varchar,
    event_name varchar,
    path varchar,
    change varchar,
    expected varchar,
    observed varchar,
    is_breaking boolean,
    rows_affected bigint,
    value_affected decimal(18, 2),
    release varchar,
    contract_version bigint,
    run_id varchar
);
