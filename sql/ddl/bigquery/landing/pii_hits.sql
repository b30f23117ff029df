-- Grain: one source record, server event in it (batch_position as in int_delivery_attempts, null for the record itself) and field path with plain personal data; masked shape and keyed digest only; record_key names the record without its file.
create table if not exists landing.pii_hits (
    source string,
    table_name string,
    file_name string,
    row_number int64,
    batch_position int64,
    record_key string,
    recorded_at timestamp,
    field_path string,
    kind string,
    kinds array<string>,
    masked string,
    digest string,
    run_id string
)
partition by timestamp_trunc(recorded_at, day);
