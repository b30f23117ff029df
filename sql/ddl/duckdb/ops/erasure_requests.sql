-- Grain: one erasure request and its proof; person_digest is a keyed digest, proof_hash chains over previous_hash.
create table if not exists ops.erasure_requests (
    request_id varchar,
    person_digest varchar,
    requested_at timestamp,
    due_at timestamp,
    completed_at timestamp,
    rows_before varchar,
    rows_after varchar,
    versions varchar,
    previous_hash varchar,
    proof_hash varchar
);
