-- Grain: one consent decision as logged; null means no choice recorded.
create table if not exists landing.consent_log (
    decided_at timestamp,
    user_id string,
    client_id string,
    notice_version string,
    jurisdiction string,
    gpc bool,
    necessary bool,
    analytics bool,
    marketing bool,
    action string,
    secret_fields array<string>,
    file_name string,
    row_number int64,
    run_id string
)
partition by timestamp_trunc(decided_at, month);
