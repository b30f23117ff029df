-- Grain: one row per pair of records of one event or order that resolve to different journeys.
-- It is a conflict where both carry an identifier of a type with no value in common, unlinked where they share no type.
with

client_identities as (

    select client_event_key, canonical_id from {{ ref('int_client_identities') }}

),

server_identities as (

    select server_event_key, canonical_id from {{ ref('int_server_identities') }}

),

sides as (

    select destination, dataset_id, client_event_key, server_event_key from {{ ref('int_reconciled_sides') }}

),

orders as (

    select
        order_matches.order_key,
        order_matches.canonical_id,
        sides.client_event_key,
        sides.server_event_key
    from {{ ref('int_order_matches') }} as order_matches
    inner join sides
        on
            order_matches.destination = sides.destination
            and order_matches.dataset_id = sides.dataset_id
            and order_matches.side_key = coalesce(sides.client_event_key, sides.server_event_key)

),

disagreeing as (

    select
        'client|' || sides.client_event_key as left_record,
        'server|' || sides.server_event_key as right_record
    from sides
    inner join client_identities on sides.client_event_key = client_identities.client_event_key
    inner join server_identities on sides.server_event_key = server_identities.server_event_key
    where client_identities.canonical_id <> server_identities.canonical_id
    union distinct
    select
        'client|' || orders.client_event_key as left_record,
        'order|' || orders.order_key as right_record
    from orders
    inner join client_identities on orders.client_event_key = client_identities.client_event_key
    where client_identities.canonical_id <> orders.canonical_id
    union distinct
    select
        'server|' || orders.server_event_key as left_record,
        'order|' || orders.order_key as right_record
    from orders
    inner join server_identities on orders.server_event_key = server_identities.server_event_key
    where server_identities.canonical_id <> orders.canonical_id

),

identifiers as (

    select 'client|' || client_event_key as record, node from {{ ref('int_client_identifiers') }}
    union all
    select 'server|' || server_event_key as record, node from {{ ref('int_server_identifiers') }}
    union all
    select 'order|' || order_key as record, node from {{ ref('int_order_identifiers') }}

),

typed as (

    select
        record,
        node,
        {{ regex_capture('node', '^([a-z_]+):') }} as node_type
    from identifiers

),

types_of_both as (

    select
        disagreeing.left_record,
        disagreeing.right_record,
        lefts.node_type,
        max(case when lefts.node = rights.node then 1 else 0 end) as shared_values
    from disagreeing
    inner join typed as lefts on disagreeing.left_record = lefts.record
    inner join typed as rights on disagreeing.right_record = rights.record and lefts.node_type = rights.node_type
    group by disagreeing.left_record, disagreeing.right_record, lefts.node_type

),

judged as (

    select
        left_record,
        right_record,
        min(shared_values) = 0 as is_conflict
    from types_of_both
    group by left_record, right_record

),

disagreements as (

    select
        disagreeing.left_record,
        disagreeing.right_record,
        coalesce(judged.is_conflict, false) as is_conflict,
        judged.left_record is null as is_unlinked
    from disagreeing
    left join judged
        on disagreeing.left_record = judged.left_record and disagreeing.right_record = judged.right_record

)

select * from disagreements
