-- Grain: one row per date, destination, required tier and effective consent; 'no decision' counts records without one.
create table if not exists marts.agg_consent_matrix (
    event_date date,
    destination varchar,
    is_known_destination boolean,
    required_tier varchar,
    effective_consent varchar,
    delivery_count bigint,
    sent_count bigint,
    blocked_count bigint,
    leaked_count bigint,
    over_blocked_count bigint,
    basis_mismatch_count bigint,
    missing_decision_count bigint,
    run_id varchar
);
