-- Grain: one column or nested path as found in a file before any cast; type in the words of a BigQuery schema (STRING, INTEGER, FLOAT, BOOLEAN, TIMESTAMP, DATE, NUMERIC, BYTES, RECORD, REPEATED for a list).
create table if not exists landing.observed_columns (
    source varchar,
    file_name varchar,
    data_date date,
    export_kind varchar,
    path varchar,
    type varchar,
    run_id varchar
);
