-- Grain: one keyed digest (HMAC-SHA256) of a reference to an erased person, so that a file read again does not bring it back.
create table if not exists ops.suppressions (
    digest varchar,
    request_id varchar,
    suppressed_at timestamp
);
