-- Grain: one row per transition of an incident to be told; status pending, delivered; payload is the JSON of one line, without values of persons.
create table if not exists ops.alert_outbox (
    notice_id varchar,
    incident_id varchar,
    run_id varchar,
    position bigint,
    kind varchar,
    channel varchar,
    payload varchar,
    status varchar,
    attempts bigint,
    created_at timestamp,
    last_attempt_at timestamp,
    last_error varchar,
    delivered_at timestamp,
    thread varchar
);
