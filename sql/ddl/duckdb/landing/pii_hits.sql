-- Grain: one source record and field path in which the scan found plain personal data; masked shape and keyed digest only.
create table if not exists landing.pii_hits (
    source varchar,
    event_date date,
    file_name varchar,
    row_number bigint,
    entity_type varchar,
    entity_id varchar,
    field_path varchar,
    kind varchar,
    kinds varchar[],
    masked varchar,
    digest varchar,
    occurrences bigint,
    run_id varchar
);
