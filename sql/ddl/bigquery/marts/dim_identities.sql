-- Grain: one row per identifier; personal ones are hashed.
create table if not exists marts.dim_identities (
    identifier_type string,
    identifier string,
    canonical_id string,
    canonical_digest int64,
    journey_count int64,
    is_shared bool,
    first_seen_at timestamp,
    last_seen_at timestamp,
    run_id string
)
cluster by identifier_type, identifier;
