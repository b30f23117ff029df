-- Grain: one row per logical client event and identifier it carries.
with

events as (

    select client_event_key, user_id, user_pseudo_id, fbclid, gclid from {{ ref('int_client_events') }}

),

nodes as (

    select client_event_key, {{ identity_node('customer_id', hashed_customer_id('user_id')) }} as node from events
    union all
    select client_event_key, {{ identity_node('client_id', sha256_hex('user_pseudo_id')) }} as node from events
    union all
    select client_event_key, {{ identity_node('click_id', sha256_hex('fbclid')) }} as node from events
    union all
    select client_event_key, {{ identity_node('click_id', sha256_hex('gclid')) }} as node from events

),

present as (

    select distinct client_event_key, node from nodes where node is not null

)

select * from present
