-- Grain: one row per source and contract version: who accepted it, when and why; version 1 is what the first load showed.
create table if not exists ops.schema_contracts (
    source varchar,
    version bigint,
    accepted_by varchar,
    reason varchar,
    accepted_at timestamp,
    run_id varchar
);
