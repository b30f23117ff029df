-- Grain: one row per file whose rows have been scanned, by the digest of what was scanned; written in the transaction of its hits.
create table if not exists landing.pii_scans (
    source string,
    file_name string,
    digest string,
    detector_version int64,
    run_id string
);
