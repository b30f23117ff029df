-- Grain: one row per date, destination, required tier and effective consent; 'no decision' counts records without one.
create table if not exists marts.agg_consent_matrix (
    event_date date,
    destination string,
    is_known_destination bool,
    required_tier string,
    effective_consent string,
    delivery_count int64,
    sent_count int64,
    blocked_count int64,
    leaked_count int64,
    over_blocked_count int64,
    basis_mismatch_count int64,
    missing_decision_count int64,
    run_id string
)
partition by event_date
cluster by destination;
