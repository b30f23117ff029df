-- Grain: one row per client and server event paired by event id: first within the canonical event,
-- then left-over server events whose name is unknown or another event's.
{%- set preference = "case when clients.order_key <> servers.order_key then 2 else 0 end + case servers.outcome when 'accepted' then 0 else 1 end" %}
{%- set same_order = 'coalesce(clients.order_key = servers.order_key, true)' %}
with

clients as (

    select
        client_event_key,
        canonical_event,
        {{ without_leading_zeros('event_id') }} as event_id,
        order_key,
        client_at
    from {{ ref('int_client_events') }}
    where event_id is not null

),

servers as (

    select
        server_event_key,
        destination,
        dataset_id,
        canonical_event,
        {{ without_leading_zeros('event_id') }} as event_id,
        order_key,
        event_at,
        outcome
    from {{ ref('int_server_events') }}
    where event_id is not null and not is_test

),

same_name_clients as (

    select
        client_event_key,
        canonical_event || '|' || event_id as pair_key,
        order_key as twin,
        order_key,
        client_at,
        '' as rank_value
    from clients

),

same_name_servers as (

    select
        server_event_key,
        destination,
        dataset_id,
        canonical_event || '|' || event_id as pair_key,
        order_key as twin,
        order_key,
        event_at,
        outcome,
        '' as rank_value,
        event_id as tie
    from servers
    where canonical_event is not null

),

{{ exhausted_pairs('same_name', preference, compatible_by_rank=same_order) }},

other_name_clients as (

    select
        client_event_key,
        canonical_event,
        event_id as pair_key,
        order_key as twin,
        order_key,
        client_at,
        '' as rank_value
    from clients

),

other_name_servers as (

    select
        server_event_key,
        destination,
        dataset_id,
        canonical_event,
        event_id as pair_key,
        order_key as twin,
        order_key,
        event_at,
        outcome,
        '' as rank_value,
        event_id as tie
    from servers
    where {{ unpaired('servers', 'same_name_pairs', 'server_event_key') }}

),

{{ exhausted_pairs(
    'other_name', preference, "coalesce(servers.canonical_event, '') <> clients.canonical_event", same_order, 'same_name_pairs'
) }},

pairs as (

    select destination, dataset_id, client_event_key, server_event_key from same_name_pairs
    union all
    select destination, dataset_id, client_event_key, server_event_key from other_name_pairs

)

select destination, dataset_id, client_event_key, server_event_key, 'event_id' as match_method from pairs
