-- Grain: one row per source and contract version: who accepted it, when and why; version 1 is what the first load showed.
create table if not exists ops.schema_contracts (
    source string,
    version int64,
    accepted_by string,
    reason string,
    accepted_at timestamp,
    run_id string
);
