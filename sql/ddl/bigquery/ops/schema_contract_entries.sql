-- Grain: one row per source, version, event and path that the contract expects; holds names and shares, never a parameter's value.
create table if not exists ops.schema_contract_entries (
    source string,
    version int64,
    kind string,
    event_name string,
    path string,
    family string,
    presence_share float64,
    baseline_rows int64,
    absent_in string,
    is_required bool,
    is_absent bool,
    valid_from date,
    judged_after date
);
