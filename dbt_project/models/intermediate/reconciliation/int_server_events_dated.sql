-- Grain: one row per logical server event of the window, dated and named as it is reported.
-- An event without a reconciled row is dated by its receipt.
with

servers as (

    select * from {{ ref('int_server_events') }}

),

sides as (

    select
        server_event_key,
        event_date,
        canonical_event,
        client_event_key,
        client_event_id,
        client_at,
        client_value,
        client_currency,
        client_order_key,
        is_debug
    from {{ ref('int_reconciled_sides') }}
    where server_event_key is not null

),

dated as (

    select
        servers.server_event_key,
        coalesce(sides.event_date, {{ local_date('servers.received_at') }}) as event_date,
        coalesce(sides.canonical_event, servers.canonical_event, servers.event_name, '(unnamed)') as canonical_event,
        servers.destination,
        servers.dataset_id,
        {{ destination_prefix('servers.destination') }} || servers.dataset_id || '|' || coalesce(sides.canonical_event, servers.canonical_event, servers.event_name, '(unnamed)')
        || '|' || coalesce(servers.event_id, servers.order_id, servers.attempt_id) as entity_id,
        servers.canonical_event as server_canonical_event,
        servers.event_name,
        servers.event_id,
        servers.order_id,
        servers.order_key,
        servers.outcome,
        servers.error_class,
        servers.attempt_count,
        servers.accepted_attempt_count,
        servers.event_at,
        servers.received_at,
        servers.value,
        servers.currency,
        servers.action_source,
        servers.attempt_id,
        servers.file_name,
        servers.row_number,
        servers.is_test,
        sides.client_event_key
    from servers
    left join sides on servers.server_event_key = sides.server_event_key

)

select * from dated
where event_date between {{ window_start() }} and {{ window_end() }}
