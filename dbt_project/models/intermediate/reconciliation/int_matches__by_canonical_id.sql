-- Grain: one row per client and server event of one journey, at most 5 minutes apart, paired as probable.
with

earlier as (

    select destination, dataset_id, client_event_key, server_event_key from {{ ref('int_matches__by_event_id') }}
    union all
    select destination, dataset_id, client_event_key, server_event_key from {{ ref('int_matches__by_order_id') }}

),

clients as (

    select
        events.client_event_key,
        events.canonical_event,
        events.client_at,
        events.value,
        events.order_key,
        identities.canonical_id
    from {{ ref('int_client_events') }} as events
    inner join {{ ref('int_client_identities') }} as identities
        on events.client_event_key = identities.client_event_key

),

servers as (

    select
        events.server_event_key,
        events.destination,
        events.dataset_id,
        events.canonical_event,
        events.event_id,
        events.event_at,
        events.value,
        events.outcome,
        events.order_key,
        identities.canonical_id
    from {{ ref('int_server_events') }} as events
    inner join {{ ref('int_server_identities') }} as identities
        on events.server_event_key = identities.server_event_key
    where
        not events.is_test
        and {{ unpaired('events', 'earlier', 'server_event_key') }}

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
    inner join clients
        on servers.canonical_id = clients.canonical_id and servers.canonical_event = clients.canonical_event
    where
        abs({{ seconds_between('clients.client_at', 'servers.event_at') }}) <= 300
        and (clients.order_key is null or servers.order_key is null)
        and (clients.value is null or servers.value is null or clients.value = servers.value)
        and not exists (
            select 1 from earlier
            where
                earlier.client_event_key = clients.client_event_key
                and earlier.destination = servers.destination
                and earlier.dataset_id = servers.dataset_id
        )

),

{{ greedy_pairs('candidates', rounds=5) }}

select destination, dataset_id, client_event_key, server_event_key, 'canonical_id' as match_method from candidates_pairs
