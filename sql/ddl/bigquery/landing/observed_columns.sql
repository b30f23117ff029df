-- Grain: one column or nested path as found in a file before any cast; type in the words of a BigQuery schema (STRING, INTEGER, FLOAT, BOOLEAN, TIMESTAMP, DATE, NUMERIC, BYTES, RECORD, REPEATED for a list).
create table if not exists landing.observed_columns (
    source string,
    file_name string,
    data_date date,
    export_kind string,
    path string,
    type string,
    run_id string
);
