-- Grain: one consent decision as logged; null means no choice recorded.
create table if not exists landing.consent_log (
    decided_at timestamp,
    user_id varchar,
    client_id varchar,
    notice_version varchar,
    jurisdiction varchar,
    gpc boolean,
    necessary boolean,
    analytics boolean,
    marketing boolean,
    action varchar,
    secret_fields varchar[],
    file_name varchar,
    row_number bigint,
    run_id varchar
);
