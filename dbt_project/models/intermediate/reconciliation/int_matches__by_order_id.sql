-- Grain: one row per client and server purchase paired by order id, of those without an event-id pair.
with

earlier as (

    select destination, dataset_id, client_event_key, server_event_key from {{ ref('int_matches__by_event_id') }}

),

clients as (

    select client_event_key, order_key, client_at
    from {{ ref('int_client_events') }}
    where canonical_event = 'purchase' and order_key is not null

),

servers as (

    select server_event_key, destination, dataset_id, order_key, event_id, event_at, outcome
    from {{ ref('int_server_events') }}
    where canonical_event = 'purchase' and order_key is not null and not is_test

),

candidates as (

    select
        servers.destination,
        servers.dataset_id,
        clients.client_event_key,
        servers.server_event_key,
        case servers.outcome when 'accepted' then 0 else 1 end as preference,
        abs({{ seconds_between('clients.client_at', 'servers.event_at') }}) as seconds_apart,
        coalesce(servers.event_id, '') as tie
    from servers
    inner join clients on servers.order_key = clients.order_key
    where
        {{ unpaired('servers', 'earlier', 'server_event_key') }}
        and not exists (
            select 1 from earlier
            where
                earlier.client_event_key = clients.client_event_key
                and earlier.destination = servers.destination
                and earlier.dataset_id = servers.dataset_id
        )

),

{{ greedy_pairs('candidates', rounds=3) }}

select destination, dataset_id, client_event_key, server_event_key, 'order_id' as match_method from candidates_pairs
