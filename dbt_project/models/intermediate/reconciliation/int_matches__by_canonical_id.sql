-- Grain: one row per client and server event of one journey, at most 5 minutes apart, paired as probable.
{%- set compatible -%}
abs({{ seconds_between('clients.client_at', 'servers.event_at') }}) <= 300
        and (clients.order_key is null or servers.order_key is null)
        and (clients.value is null or servers.value is null or clients.value = servers.value)
{%- endset %}
with

earlier as (

    select destination, dataset_id, client_event_key, server_event_key from {{ ref('int_matches__by_event_id') }}
    union all
    select destination, dataset_id, client_event_key, server_event_key from {{ ref('int_matches__by_order_id') }}

),

journey_clients as (

    select
        events.client_event_key,
        identities.canonical_id || '|' || events.canonical_event as pair_key,
        {{ as_text(whole_second('events.client_at')) }} || '|' || {{ as_text('events.value') }} as twin,
        events.client_at,
        events.value,
        events.value as rank_value,
        events.order_key
    from {{ ref('int_client_events') }} as events
    inner join {{ ref('int_client_identities') }} as identities
        on events.client_event_key = identities.client_event_key

),

journey_servers as (

    select
        events.server_event_key,
        events.destination,
        events.dataset_id,
        identities.canonical_id || '|' || events.canonical_event as pair_key,
        {{ as_text(whole_second('events.event_at')) }} || '|' || {{ as_text('events.value') }} as twin,
        events.event_at,
        events.value,
        events.value as rank_value,
        events.outcome,
        events.order_key,
        coalesce(events.event_id, '') as tie
    from {{ ref('int_server_events') }} as events
    inner join {{ ref('int_server_identities') }} as identities
        on events.server_event_key = identities.server_event_key
    where
        not events.is_test
        and identities.canonical_id is not null
        and events.canonical_event is not null
        and {{ unpaired('events', 'earlier', 'server_event_key') }}

),

{{ exhausted_pairs(
    'journey', "case servers.outcome when 'accepted' then 0 else 1 end", compatible, taken='earlier', most_compared=10000, rounds=5
) }}

select destination, dataset_id, client_event_key, server_event_key, 'canonical_id' as match_method from journey_pairs
