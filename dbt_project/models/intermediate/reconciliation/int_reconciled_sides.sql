-- Grain: one row per logical event, destination and dataset over client and server; the CRM is joined next.
with

clients as (

    select * from {{ ref('int_client_events') }}

),

servers as (

    select * from {{ ref('int_server_events') }} where not is_test

),

test_servers as (

    select * from {{ ref('int_server_events') }} where is_test and canonical_event is not null

),

datasets as (

    select distinct destination, dataset_id from servers
    union distinct
    select '{{ default_destination() }}' as destination, 'unknown' as dataset_id
    from (select count(*) as server_count from servers) as counted
    where server_count = 0

),

matches as (

    select destination, dataset_id, client_event_key, server_event_key, match_method from {{ ref('int_matches__by_event_id') }}
    union all
    select destination, dataset_id, client_event_key, server_event_key, match_method from {{ ref('int_matches__by_order_id') }}
    union all
    select destination, dataset_id, client_event_key, server_event_key, match_method from {{ ref('int_matches__by_canonical_id') }}

),

client_rows as (

    select
        datasets.destination,
        datasets.dataset_id,
        clients.client_event_key,
        matches.server_event_key,
        matches.match_method
    from clients
    cross join datasets
    left join matches
        on
            clients.client_event_key = matches.client_event_key
            and datasets.destination = matches.destination
            and datasets.dataset_id = matches.dataset_id

),

unmatched_servers as (

    select servers.destination, servers.dataset_id, servers.server_event_key
    from servers
    left join matches on servers.server_event_key = matches.server_event_key
    where matches.server_event_key is null and servers.canonical_event is not null
    union all
    select destination, dataset_id, server_event_key from test_servers

),

sides as (

    select destination, dataset_id, client_event_key, server_event_key, match_method from client_rows
    union all
    select
        destination,
        dataset_id,
        cast(null as {{ type_text() }}) as client_event_key,
        server_event_key,
        cast(null as {{ type_text() }}) as match_method
    from unmatched_servers

),

joined as (

    select
        sides.destination,
        sides.dataset_id,
        sides.client_event_key,
        sides.server_event_key,
        sides.match_method,
        coalesce(clients.canonical_event, servers.canonical_event) as canonical_event,
        coalesce(clients.event_date, servers.event_date) as event_date,
        clients.client_event_key is not null as in_client,
        servers.server_event_key is not null as in_server,
        clients.event_id as client_event_id,
        clients.order_id as client_order_id,
        clients.order_key as client_order_key,
        clients.client_at,
        clients.value as client_value,
        clients.currency as client_currency,
        clients.event_name as client_event_name,
        clients.is_denied as is_client_denied,
        clients.ads_storage,
        clients.analytics_storage,
        clients.user_id as client_user_id,
        clients.user_pseudo_id,
        clients.is_debug,
        clients.param_count,
        clients.device_category,
        clients.browser,
        clients.country,
        clients.campaign,
        servers.event_id as server_event_id,
        servers.order_id as server_order_id,
        servers.order_key as server_order_key,
        servers.event_at as server_at,
        servers.received_at as server_received_at,
        servers.value as server_value,
        servers.currency as server_currency,
        servers.event_name as server_event_name,
        servers.canonical_event as server_canonical_event,
        servers.outcome as server_outcome,
        servers.attempt_count,
        servers.accepted_attempt_count,
        servers.is_gateway_denied,
        coalesce(servers.is_test, false) as is_test_delivery,
        case
            when clients.client_event_key is not null and servers.server_event_key is not null
                then {{ seconds_between('clients.client_at', 'servers.event_at') }}
        end as seconds_apart
    from sides
    left join clients on sides.client_event_key = clients.client_event_key
    left join {{ ref('int_server_events') }} as servers on sides.server_event_key = servers.server_event_key

)

select * from joined
