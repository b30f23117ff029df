-- Grain: one row per accepted conversion whose journey landed with an fbclid at most 90 days before it.
with

landings as (

    select client_node as node, landed_at from {{ ref('int_click_landings') }}
    where client_node is not null and event_date >= {{ window_start(-90) }}
    union all
    select customer_node as node, landed_at from {{ ref('int_click_landings') }}
    where customer_node is not null and event_date >= {{ window_start(-90) }}
    union all
    select click_node as node, landed_at from {{ ref('int_click_landings') }}
    where event_date >= {{ window_start(-90) }}

),

journeys as (

    select
        coalesce(components.canonical_id, landings.node) as canonical_id,
        landings.landed_at
    from landings
    left join {{ ref('int_identity_components') }} as components
        on landings.node = components.node and not components.is_shared

),

conversions as (

    select
        events.reconciled_event_id,
        events.event_date,
        events.canonical_event,
        events.destination,
        events.dataset_id,
        events.client_at,
        events.client_canonical_id,
        {{ click_id_sent('servers.identifiers', 'events.destination') }} as click_id,
        servers.has_payload
    from {{ ref('int_reconciled_events') }} as events
    inner join {{ ref('int_server_events') }} as servers on events.server_event_key = servers.server_event_key
    where events.is_conversion and events.is_pair and not events.is_test

),

survival as (

    select
        conversions.reconciled_event_id,
        conversions.event_date,
        conversions.canonical_event,
        conversions.destination,
        conversions.dataset_id,
        nullif(conversions.click_id, '') is not null as has_click_id,
        min(journeys.landed_at) as landed_at
    from conversions
    inner join journeys
        on
            conversions.client_canonical_id = journeys.canonical_id
            and {{ seconds_between('journeys.landed_at', 'conversions.client_at') }} between 0 and 90 * 86400
    where conversions.has_payload
    group by
        conversions.reconciled_event_id, conversions.event_date, conversions.canonical_event, conversions.destination,
        conversions.dataset_id, nullif(conversions.click_id, '') is not null

)

select * from survival
