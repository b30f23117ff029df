-- Grain: one row per file whose rows have been scanned, by the digest of what was scanned; written in the transaction of its hits.
create table if not exists landing.pii_scans (
    source varchar,
    file_name varchar,
    digest varchar,
    detector_version bigint,
    run_id varchar
);
