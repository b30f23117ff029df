-- Grain: one row. A client event and an order are owed one verdict in each dataset, a server event one
-- in its own; a server event that no client event answers and no taxonomy names is owed none.
with

verdicts as (

    select destination, dataset_id, client_event_key, server_event_key, crm_order_key, status, in_client, in_server, in_crm
    from work.int_reconciled_events

),

datasets as (

    select distinct destination, dataset_id from verdicts

),

clients as (

    select datasets.destination, datasets.dataset_id, events.client_event_key
    from work.int_client_events as events
    left join datasets on true
    where events.event_date between cast($first_date as date) and cast($last_date as date)

),

servers as (

    select server_event_key
    from work.int_server_events_dated
    where server_canonical_event is not null or client_event_key is not null

),

-- An order that an event answers is reported on the date of the event.
orders as (

    select matches.destination, matches.dataset_id, matches.order_key
    from work.int_order_matches as matches
    inner join work.int_orders_latest as latest on matches.order_key = latest.order_key
    left join work.int_reconciled_sides as sides
        on
            matches.destination = sides.destination and matches.dataset_id = sides.dataset_id
            and matches.side_key = coalesce(sides.client_event_key, sides.server_event_key)
    where
        coalesce(sides.event_date, latest.event_date)
        between cast($first_date as date) and cast($last_date as date)

),

client_verdicts as (

    select destination, dataset_id, client_event_key, count(*) as verdict_count
    from verdicts
    where client_event_key is not null
    group by destination, dataset_id, client_event_key

),

server_verdicts as (

    select server_event_key, count(*) as verdict_count
    from verdicts
    where server_event_key is not null
    group by server_event_key

),

order_verdicts as (

    select destination, dataset_id, crm_order_key, count(*) as verdict_count
    from verdicts
    where crm_order_key is not null
    group by destination, dataset_id, crm_order_key

),

client_totals as (

    select
        count(*) as client_count,
        sum(case when client_verdicts.verdict_count = 1 then 0 else 1 end) as client_verdict
    from clients
    left join client_verdicts
        on
            clients.destination = client_verdicts.destination and clients.dataset_id = client_verdicts.dataset_id
            and clients.client_event_key = client_verdicts.client_event_key

),

server_totals as (

    select
        count(*) as server_count,
        sum(case when server_verdicts.verdict_count = 1 then 0 else 1 end) as server_verdict
    from servers
    left join server_verdicts on servers.server_event_key = server_verdicts.server_event_key

),

order_totals as (

    select
        count(*) as order_count,
        sum(case when order_verdicts.verdict_count = 1 then 0 else 1 end) as order_verdict
    from orders
    left join order_verdicts
        on orders.destination = order_verdicts.destination and orders.dataset_id = order_verdicts.dataset_id and orders.order_key = order_verdicts.crm_order_key

),

reconciled as (

    select destination, dataset_id, status, in_client, in_server, in_crm, count(*) as verdict_count
    from verdicts
    group by destination, dataset_id, status, in_client, in_server, in_crm

),

candidates as (

    select destination, dataset_id, status, in_client, in_server, in_crm, count(*) as verdict_count
    from marts_next.fct_reconciled_events
    group by destination, dataset_id, status, in_client, in_server, in_crm

),

publication_totals as (

    select
        sum(coalesce(reconciled.verdict_count, 0)) as verdict_count,
        sum(
            abs(coalesce(reconciled.verdict_count, 0) - coalesce(candidates.verdict_count, 0))
        ) as candidate_verdict
    from reconciled
    full outer join candidates
        on
            reconciled.destination = candidates.destination and reconciled.dataset_id = candidates.dataset_id
            and reconciled.status = candidates.status
            and reconciled.in_client = candidates.in_client
            and reconciled.in_server = candidates.in_server
            and reconciled.in_crm = candidates.in_crm

),

daily as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        count(*) as daily_row_count,
        sum(client_count) as client_count,
        sum(server_accepted_count) as server_accepted_count
    from marts_next.agg_event_health_daily
    group by event_date, canonical_event, destination, dataset_id

),

segments as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        sum(client_count) as client_count,
        sum(server_accepted_count) as server_accepted_count
    from marts_next.agg_event_health_segments
    group by event_date, canonical_event, destination, dataset_id

),

day_totals as (

    select
        count(*) as day_count,
        sum(
            case
                when
                    daily.daily_row_count = 1
                    and daily.client_count = segments.client_count
                    and daily.server_accepted_count = segments.server_accepted_count
                    then 0
                else 1
            end
        ) as segment_total
    from daily
    full outer join segments
        on
            daily.event_date = segments.event_date
            and daily.canonical_event = segments.canonical_event
            and daily.destination = segments.destination and daily.dataset_id = segments.dataset_id

)

select
    client_totals.client_count,
    client_totals.client_verdict,
    server_totals.server_count,
    server_totals.server_verdict,
    order_totals.order_count,
    order_totals.order_verdict,
    publication_totals.verdict_count,
    publication_totals.candidate_verdict,
    day_totals.day_count,
    day_totals.segment_total
from client_totals
cross join server_totals
cross join order_totals
cross join publication_totals
cross join day_totals
