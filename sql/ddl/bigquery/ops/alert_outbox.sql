-- Grain: one row per transition of an incident to be told; status pending, delivered; payload is the JSON of one line, without values of persons.
create table if not exists ops.alert_outbox (
    notice_id string,
    incident_id string,
    run_id string,
    position int64,
    kind string,
    channel string,
    payload string,
    status string,
    attempts int64,
    created_at timestamp,
    last_attempt_at timestamp,
    last_error string,
    delivered_at timestamp,
    thread string
);
