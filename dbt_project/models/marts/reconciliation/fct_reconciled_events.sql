-- Grain: one row per logical event, destination and dataset, joined over client, server and CRM.
with

reconciled as (

    select
        reconciled_event_id,
        event_date,
        canonical_event,
        destination,
        dataset_id,
        canonical_id,
        order_id,
        client_event_id,
        server_event_id,
        in_client,
        in_server,
        in_crm,
        match_method,
        crm_match_method,
        status,
        reasons,
        client_at,
        server_at,
        server_received_at,
        crm_at,
        seconds_apart,
        client_value,
        client_currency,
        server_value,
        server_currency,
        crm_value,
        crm_currency,
        client_event_name,
        server_event_name,
        server_outcome,
        attempt_count,
        accepted_attempt_count,
        is_conversion,
        is_denied,
        is_test,
        is_final,
        {{ id_digest('client_event_id') }} as client_event_digest,
        {{ id_digest('server_event_id') }} as server_event_digest,
        {{ id_digest('canonical_id') }} as canonical_digest,
        '{{ setting('run_id') }}' as run_id
    from {{ ref('int_reconciled_events') }}

)

select * from reconciled
