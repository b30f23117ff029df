-- Grain: one row per CRM order, destination and dataset with the client or server purchase it belongs to.
-- By order id first; else by journey, value and day, reported as probable.
with

orders as (

    select orders.*, identities.canonical_id
    from {{ ref('int_orders_latest') }} as orders
    left join {{ ref('int_order_identities') }} as identities on orders.order_key = identities.order_key

),

purchases as (

    select
        sides.destination,
        sides.dataset_id,
        coalesce(sides.client_event_key, sides.server_event_key) as side_key,
        sides.client_order_key,
        sides.server_order_key,
        sides.event_date,
        coalesce(sides.client_at, sides.server_at) as purchased_at,
        coalesce(sides.client_value, sides.server_value) as value,
        coalesce(clients.canonical_id, servers.canonical_id) as canonical_id,
        case
            when sides.in_client and sides.in_server then 0
            when sides.in_client then 1
            when sides.server_outcome = 'accepted' then 2
            else 3
        end as preference
    from {{ ref('int_reconciled_sides') }} as sides
    left join {{ ref('int_client_identities') }} as clients on sides.client_event_key = clients.client_event_key
    left join {{ ref('int_server_identities') }} as servers on sides.server_event_key = servers.server_event_key
    where sides.canonical_event = 'purchase' and not sides.is_test_delivery

),

by_order_id as (

    select
        purchases.destination,
        purchases.dataset_id,
        purchases.side_key as client_event_key,
        purchases.destination || '|' || purchases.dataset_id || '|' || orders.order_key as server_event_key,
        purchases.preference,
        abs({{ seconds_between('orders.ordered_at', 'purchases.purchased_at') }}) as seconds_apart,
        purchases.side_key as tie
    from purchases
    inner join orders on coalesce(purchases.client_order_key, purchases.server_order_key) = orders.order_key
    union all
    select
        purchases.destination,
        purchases.dataset_id,
        purchases.side_key as client_event_key,
        purchases.destination || '|' || purchases.dataset_id || '|' || orders.order_key as server_event_key,
        purchases.preference + 10 as preference,
        abs({{ seconds_between('orders.ordered_at', 'purchases.purchased_at') }}) as seconds_apart,
        purchases.side_key as tie
    from purchases
    inner join orders on purchases.server_order_key = orders.order_key
    where purchases.client_order_key is not null and purchases.client_order_key <> purchases.server_order_key

),

{{ greedy_pairs('by_order_id', rounds=3) }},

probable as (

    select
        purchases.destination,
        purchases.dataset_id,
        purchases.side_key as client_event_key,
        purchases.destination || '|' || purchases.dataset_id || '|' || orders.order_key as server_event_key,
        purchases.preference,
        abs({{ seconds_between('orders.ordered_at', 'purchases.purchased_at') }}) as seconds_apart,
        purchases.side_key as tie
    from purchases
    inner join orders
        on
            purchases.canonical_id = orders.canonical_id
            and purchases.value = orders.value
            and purchases.event_date = orders.event_date
    where
        coalesce(purchases.client_order_key, purchases.server_order_key) is null
        and not exists (
            select 1 from by_order_id_pairs
            where
                by_order_id_pairs.destination = purchases.destination
                and by_order_id_pairs.dataset_id = purchases.dataset_id
                and by_order_id_pairs.client_event_key = purchases.side_key
        )
        and not exists (
            select 1 from by_order_id_pairs
            where by_order_id_pairs.server_event_key = purchases.destination || '|' || purchases.dataset_id || '|' || orders.order_key
        )

),

{{ greedy_pairs('probable', rounds=3) }},

pairs as (

    select destination, dataset_id, client_event_key as side_key, server_event_key, 'order_id' as crm_match_method
    from by_order_id_pairs
    union all
    select destination, dataset_id, client_event_key as side_key, server_event_key, 'canonical_id' as crm_match_method
    from probable_pairs

),

datasets as (

    select distinct destination, dataset_id from {{ ref('int_reconciled_sides') }}
    union distinct
    select '{{ default_destination() }}' as destination, 'unknown' as dataset_id
    from (select count(*) as side_count from {{ ref('int_reconciled_sides') }}) as counted
    where side_count = 0

),

order_rows as (

    select
        datasets.destination,
        datasets.dataset_id,
        orders.order_key,
        pairs.side_key,
        pairs.crm_match_method,
        orders.canonical_id
    from orders
    cross join datasets
    left join pairs on datasets.destination || '|' || datasets.dataset_id || '|' || orders.order_key = pairs.server_event_key

)

select * from order_rows
