-- Grain: one row per client and server event paired by event id: first within the canonical event,
-- then left-over server events whose name is unknown or another event's.
with

clients as (

    select client_event_key, canonical_event, event_id, order_key, client_at
    from {{ ref('int_client_events') }}
    where event_id is not null

),

servers as (

    select server_event_key, destination, dataset_id, canonical_event, event_id, order_key, event_at, outcome
    from {{ ref('int_server_events') }}
    where event_id is not null and not is_test

),

same_name as (

    select
        servers.destination,
        servers.dataset_id,
        clients.client_event_key,
        servers.server_event_key,
        case when clients.order_key <> servers.order_key then 2 else 0 end
        + case servers.outcome when 'accepted' then 0 else 1 end as preference,
        abs({{ seconds_between('clients.client_at', 'servers.event_at') }}) as seconds_apart,
        servers.event_id as tie
    from servers
    inner join clients
        on servers.event_id = clients.event_id and servers.canonical_event = clients.canonical_event

),

{{ greedy_pairs('same_name', rounds=3) }},

other_name as (

    select
        servers.destination,
        servers.dataset_id,
        clients.client_event_key,
        servers.server_event_key,
        case when clients.order_key <> servers.order_key then 2 else 0 end
        + case servers.outcome when 'accepted' then 0 else 1 end as preference,
        abs({{ seconds_between('clients.client_at', 'servers.event_at') }}) as seconds_apart,
        servers.event_id as tie
    from servers
    inner join clients on servers.event_id = clients.event_id
    where
        coalesce(servers.canonical_event, '') <> clients.canonical_event
        and {{ unpaired('servers', 'same_name_pairs', 'server_event_key') }}
        and not exists (
            select 1 from same_name_pairs
            where
                same_name_pairs.client_event_key = clients.client_event_key
                and same_name_pairs.destination = servers.destination
                and same_name_pairs.dataset_id = servers.dataset_id
        )

),

{{ greedy_pairs('other_name', rounds=3) }},

pairs as (

    select destination, dataset_id, client_event_key, server_event_key from same_name_pairs
    union all
    select destination, dataset_id, client_event_key, server_event_key from other_name_pairs

)

select destination, dataset_id, client_event_key, server_event_key, 'event_id' as match_method from pairs
