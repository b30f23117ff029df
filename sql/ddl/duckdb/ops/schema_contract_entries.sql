-- Grain: one row per source, version, event and path that the contract expects; holds names and shares, never a parameter's value.
create table if not exists ops.schema_contract_entries (
    source varchar,
    version bigint,
    kind varchar,
    event_name varchar,
    path varchar,
    family varchar,
    presence_share double,
    baseline_rows bigint,
    absent_in varchar,
    is_required boolean,
    is_absent boolean,
    valid_from date,
    judged_after date
);
