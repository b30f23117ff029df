-- Grain: one source record, server event in it (batch_position as in int_delivery_attempts, null for the record itself) and field path with plain personal data; masked shape and keyed digest only; record_key names the record without its file.
create table if not exists landing.pii_hits (
    source varchar,
    table_name varchar,
    file_name varchar,
    row_number bigint,
    batch_position bigint,
    record_key varchar,
    recorded_at timestamp,
    field_path varchar,
    kind varchar,
    kinds varchar[],
    masked varchar,
    digest varchar,
    run_id varchar
);
