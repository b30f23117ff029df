-- Grain: one row per date, source, event and path that differs from the contract.
create table if not exists marts.fct_schema_drift (
    event_date date,
    source string,
    event_name string,
    path string,
    change string,
    expected string,
    observed string,
    is_breaking bool,
    rows_affected int64,
    value_affected numeric,
    release string,
    contract_version int64,
    run_id string
)
partition by event_date
cluster by source, path;
