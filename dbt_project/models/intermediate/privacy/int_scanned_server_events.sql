-- Grain: one row per logical server event of the window whose payload was logged; tests and blocked ones left out.
-- A view: the identifiers hold what was sent, so nothing of it is stored a second time.
{{ config(materialized='view') }}

with

servers as (

    select * from {{ ref('int_server_events') }}
    where not is_test and outcome <> 'blocked' and has_payload

),

sides as (

    select server_event_key, event_date, canonical_event
    from {{ ref('int_reconciled_sides') }}
    where server_event_key is not null

),

events as (

    select
        servers.server_event_key,
        servers.destination,
        servers.dataset_id,
        servers.outcome = 'accepted' as is_accepted,
        coalesce(sides.event_date, {{ local_date('servers.received_at') }}) as event_date,
        coalesce(sides.canonical_event, servers.canonical_event, servers.event_name, 'unknown') as canonical_event,
        {{ destination_prefix('servers.destination') }} || servers.dataset_id || '|'
        || coalesce(servers.canonical_event, servers.event_name, 'unknown') || '|'
        || coalesce(servers.event_id, servers.order_id, servers.attempt_id) as entity_id,
        servers.order_id,
        servers.value,
        servers.currency,
        servers.identifiers
    from servers
    left join sides on servers.server_event_key = sides.server_event_key

),

in_window as (

    select * from events
    where event_date between {{ window_start() }} and {{ window_end() }}

)

select * from in_window
