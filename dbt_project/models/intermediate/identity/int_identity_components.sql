-- Grain: one row per identifier that some record binds to another one, with the journey it belongs to.
-- Smallest labels spread over the links, doubling their reach by pointer jumping; shared identifiers do not spread them.
with

links as (

    select left_node, right_node from {{ ref('int_identity_links') }}

),

both_ways as (

    select left_node as node, right_node as neighbour from links
    union all
    select right_node as node, left_node as neighbour from links

),

neighbour_counts as (

    select
        node,
        count(case when neighbour like 'client_id:%' then 1 end) as client_count,
        count(case when neighbour like 'customer_id:%' then 1 end) as customer_count,
        count(case when neighbour like 'hashed_email:%' then 1 end) as email_count
    from both_ways
    group by node

),

journeys as (

    select
        node,
        greatest(client_count, customer_count, email_count, 1) as journey_count
    from neighbour_counts

),

edges as (

    select both_ways.node, both_ways.neighbour
    from both_ways
    inner join journeys as ends on both_ways.node = ends.node
    inner join journeys as neighbours on both_ways.neighbour = neighbours.node
    where
        ends.journey_count <= {{ setting('shared_identifier_journeys') }}
        and neighbours.journey_count <= {{ setting('shared_identifier_journeys') }}

),

labels_0 as (

    select node, node as label from journeys

),

{% for round in range(1, 7) %}
spread_{{ round }} as (

    select
        labels.node,
        least(labels.label, coalesce(min(neighbour_labels.label), labels.label)) as label
    from labels_{{ round - 1 }} as labels
    left join edges on labels.node = edges.node
    left join labels_{{ round - 1 }} as neighbour_labels on edges.neighbour = neighbour_labels.node
    group by labels.node, labels.label

),

labels_{{ round }} as (

    select
        spread.node,
        jumped.label
    from spread_{{ round }} as spread
    inner join spread_{{ round }} as jumped on spread.label = jumped.node

),

{% endfor %}
ranked as (

    select
        labels.node,
        labels.label,
        journeys.journey_count,
        {{ identity_rank('labels.node') }} as node_rank
    from labels_6 as labels
    inner join journeys on labels.node = journeys.node

),

named as (

    select
        node,
        journey_count,
        node_rank,
        first_value(node) over (partition by label order by node_rank, node) as best_node,
        min(node_rank) over (partition by label) as best_rank
    from ranked

),

components as (

    select
        node,
        journey_count,
        journey_count > {{ setting('shared_identifier_journeys') }} as is_shared,
        case when best_rank < 99 then best_node end as canonical_id
    from named

)

select * from components
