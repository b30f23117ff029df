-- Grain: one row, the dbt seeds that schema reference holds; a run seeds again when its own digest differs.
create table if not exists ops.reference_data (
    seeds_digest varchar,
    run_id varchar
);
