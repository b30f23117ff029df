-- Grain: one row per logical server event that carries any identifier.
with

identifiers as (

    select
        identifiers.server_event_key,
        identifiers.node,
        components.canonical_id as component_id,
        coalesce(components.is_shared, false) as is_shared,
        {{ identity_rank('identifiers.node') }} as node_rank,
        components.node is not null as is_linked
    from {{ ref('int_server_identifiers') }} as identifiers
    left join {{ ref('int_identity_components') }} as components on identifiers.node = components.node

),

resolved as (

    select
        server_event_key,
        case
            when is_linked then component_id
            when node_rank < 99 then node
        end as canonical_id,
        row_number() over (
            partition by server_event_key
            order by
                case when is_linked and component_id is null then 1 when not is_linked and node_rank = 99 then 1 else 0 end,
                case when is_shared then 1 else 0 end,
                node_rank,
                node
        ) as preference
    from identifiers

),

identities as (

    select server_event_key, canonical_id from resolved where preference = 1

)

select * from identities
