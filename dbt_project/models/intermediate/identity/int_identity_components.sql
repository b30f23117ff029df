-- Grain: one row per identifier that some record binds to another one, with the journey it belongs to.
-- Smallest labels spread over the links, doubling their reach by pointer jumping; shared identifiers do not spread them.
-- Labels are numbers, and an identifier with one neighbour waits outside until that one has its label.
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
        row_number() over (order by node) as node_number,
        greatest(client_count, customer_count, email_count, 1) as journey_count
    from neighbour_counts

),

numbered as (

    select
        lefts.node_number as left_number,
        rights.node_number as right_number
    from links
    inner join journeys as lefts on links.left_node = lefts.node
    inner join journeys as rights on links.right_node = rights.node
    where
        lefts.journey_count <= {{ setting('shared_identifier_journeys') }}
        and rights.journey_count <= {{ setting('shared_identifier_journeys') }}

),

edges as (

    select left_number as node_number, right_number as neighbour_number from numbered
    union all
    select right_number as node_number, left_number as neighbour_number from numbered

),

degrees as (

    select
        node_number,
        count(*) as neighbour_count,
        min(neighbour_number) as first_neighbour
    from edges
    group by node_number

),

-- The one neighbour of an identifier; of two that know only each other, the larger waits.
waiting as (

    select
        degrees.node_number,
        degrees.first_neighbour as neighbour_number
    from degrees
    inner join degrees as neighbours on degrees.first_neighbour = neighbours.node_number
    where
        degrees.neighbour_count = 1
        and (neighbours.neighbour_count > 1 or degrees.first_neighbour < degrees.node_number)

),

inner_edges as (

    select edges.node_number, edges.neighbour_number
    from edges
    left join waiting as ends on edges.node_number = ends.node_number
    left join waiting as neighbours on edges.neighbour_number = neighbours.node_number
    where ends.node_number is null and neighbours.node_number is null

),

labels_0 as (

    select distinct node_number, node_number as label from inner_edges

),

{% for round in range(1, 7) %}
spread_{{ round }} as (

    select
        labels.node_number,
        least(labels.label, coalesce(min(neighbour_labels.label), labels.label)) as label
    from labels_{{ round - 1 }} as labels
    left join inner_edges as edges on labels.node_number = edges.node_number
    left join labels_{{ round - 1 }} as neighbour_labels on edges.neighbour_number = neighbour_labels.node_number
    group by labels.node_number, labels.label

),

labels_{{ round }} as (

    select
        spread.node_number,
        jumped.label
    from spread_{{ round }} as spread
    inner join spread_{{ round }} as jumped on spread.label = jumped.node_number

),

{% endfor %}
labels as (

    select
        journeys.node,
        journeys.journey_count,
        coalesce(labels_6.label, waiting.neighbour_number, journeys.node_number) as label,
        {{ identity_rank('journeys.node') }} as node_rank
    from journeys
    left join waiting on journeys.node_number = waiting.node_number
    left join labels_6 on coalesce(waiting.neighbour_number, journeys.node_number) = labels_6.node_number

),

named as (

    select
        node,
        journey_count,
        node_rank,
        first_value(node) over (partition by label order by node_rank, node) as best_node,
        min(node_rank) over (partition by label) as best_rank
    from labels

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
