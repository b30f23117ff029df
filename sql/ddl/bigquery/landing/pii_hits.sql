-- Grain: one source record and field path in which the scan found plain personal data; masked shape and keyed digest only.
create table if not exists landing.pii_hits (
    source string,
    event_date date,
    file_name string,
    row_number int64,
    entity_type string,
    entity_id string,
    field_path string,
    kind string,
    kinds array<string>,
    masked string,
    digest string,
    occurrences int64,
    run_id string
)
partition by event_date;
