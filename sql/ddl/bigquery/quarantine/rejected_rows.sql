-- Grain: one row that could not be loaded; raw is its text (cut at 64 KiB), access tokens redacted, null for sources whose rows hold contact fields.
create table if not exists quarantine.rejected_rows (
    source string,
    source_format string,
    file_name string,
    row_number int64,
    reason string,
    raw string,
    digest string,
    run_id string,
    quarantined_at timestamp
);
