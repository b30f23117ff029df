-- Grain: one row per identifier; personal ones are hashed.
create table if not exists marts.dim_identities (
    identifier_type varchar,
    identifier varchar,
    canonical_id varchar,
    canonical_digest bigint,
    journey_count bigint,
    is_shared boolean,
    first_seen_at timestamp,
    last_seen_at timestamp,
    run_id varchar
);
