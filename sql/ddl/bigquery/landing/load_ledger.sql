-- Grain: one row per file and load, written in the transaction of its rows; error names why a whole file was refused.
create table if not exists landing.load_ledger (
    file_name string,
    digest string,
    rows_read int64,
    rows_loaded int64,
    rows_quarantined int64,
    rows_duplicate int64,
    run_id string,
    loaded_at timestamp,
    source string,
    source_format string,
    data_date date,
    file_size int64,
    modified_at timestamp,
    error string
);
