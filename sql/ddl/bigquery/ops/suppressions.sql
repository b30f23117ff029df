-- Grain: one keyed digest (HMAC-SHA256) of a reference to an erased person, so that a file read again does not bring it back.
create table if not exists ops.suppressions (
    digest string,
    request_id string,
    suppressed_at timestamp
);
