-- Grain: one row that could not be loaded; raw is its text (cut at 64 KiB), access tokens redacted, null for sources whose rows hold contact fields.
create table if not exists quarantine.rejected_rows (
    source varchar,
    source_format varchar,
    file_name varchar,
    row_number bigint,
    reason varchar,
    raw varchar,
    digest varchar,
    run_id varchar,
    quarantined_at timestamp
);
