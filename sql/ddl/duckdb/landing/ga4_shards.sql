-- Grain: one GA4 shard whose rows stayed in a Parquet file beside the warehouse; landing.ga4_events shows them. column_sql: landing column -> SQL over the file's columns, as JSON; row_count without skipped_rows, which are doubled or in quarantine.
create table if not exists landing.ga4_shards (
    file_name varchar,
    table_date date,
    export_kind varchar,
    run_id varchar,
    path varchar,
    column_sql varchar,
    skipped_rows bigint[],
    row_count bigint
);
