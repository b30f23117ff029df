-- Grain: one row per purpose; a random key of this warehouse, made once, for keyed digests.
create table if not exists ops.digest_keys (
    purpose string,
    secret string
);
