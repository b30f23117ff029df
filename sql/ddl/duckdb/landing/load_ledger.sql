-- Grain: one row per file and load, written in the transaction of its rows; error names why a whole file was refused.
create table if not exists landing.load_ledger (
    file_name varchar,
    digest varchar,
    rows_read bigint,
    rows_loaded bigint,
    rows_quarantined bigint,
    rows_duplicate bigint,
    run_id varchar,
    loaded_at timestamp,
    source varchar,
    source_format varchar,
    data_date date,
    file_size bigint,
    modified_at timestamp,
    error varchar
);
