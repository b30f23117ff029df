-- Grain: one row per right that one process at a time may hold; past expires_at anybody may take it.
create table if not exists ops.leases (
    name string,
    owner string,
    taken_at timestamp,
    expires_at timestamp
);
