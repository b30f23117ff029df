-- Grain: one row per identifier seen in the window; personal identifiers only as hashes.
with

components as (

    select node, journey_count, is_shared, canonical_id from {{ ref('int_identity_components') }}

),

clients as (

    select
        client_node as node,
        min(events.client_at) as first_at,
        max(events.client_at) as last_at
    from {{ ref('int_client_identities') }} as identities
    inner join {{ ref('int_client_events') }} as events on identities.client_event_key = events.client_event_key
    where client_node is not null
    group by client_node

),

servers as (

    select
        identifiers.node,
        min(events.received_at) as first_at,
        max(events.received_at) as last_at
    from {{ ref('int_server_identifiers') }} as identifiers
    inner join {{ ref('int_server_events') }} as events on identifiers.server_event_key = events.server_event_key
    group by identifiers.node

),

sightings as (

    select node, first_at, last_at from clients
    union all
    select node, first_at, last_at from servers
    union all
    select node, cast(null as timestamp) as first_at, cast(null as timestamp) as last_at from components

),

seen as (

    select
        node,
        min(first_at) as first_seen_at,
        max(last_at) as last_seen_at
    from sightings
    group by node

),

identities as (

    select
        {{ regex_capture('seen.node', '^([a-z_]+):') }} as identifier_type,
        {{ regex_capture('seen.node', '^[a-z_]+:(.*)$') }} as identifier,
        coalesce(components.canonical_id, case when {{ identity_rank('seen.node') }} < 99 then seen.node end) as canonical_id,
        cast(coalesce(components.journey_count, 1) as {{ type_integer() }}) as journey_count,
        coalesce(components.is_shared, false) as is_shared,
        coalesce(seen.first_seen_at, {{ as_of() }}) as first_seen_at,
        coalesce(seen.last_seen_at, {{ as_of() }}) as last_seen_at,
        '{{ setting("run_id") }}' as run_id
    from seen
    left join components on seen.node = components.node

),

final as (

    select
        identifier_type,
        identifier,
        canonical_id,
        {{ id_digest('canonical_id') }} as canonical_digest,
        journey_count,
        is_shared,
        first_seen_at,
        last_seen_at,
        run_id
    from identities

)

select * from final
