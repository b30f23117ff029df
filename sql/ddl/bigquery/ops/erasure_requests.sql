-- Grain: one erasure request and its proof; person_digest is a keyed digest, proof_hash chains over previous_hash.
create table if not exists ops.erasure_requests (
    request_id string,
    person_digest string,
    requested_at timestamp,
    due_at timestamp,
    completed_at timestamp,
    rows_before string,
    rows_after string,
    versions string,
    previous_hash string,
    proof_hash string
);
