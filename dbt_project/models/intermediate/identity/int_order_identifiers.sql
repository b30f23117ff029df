-- Grain: one row per CRM order and identifier it carries.
with

orders as (

    select order_key, customer_id, user_pseudo_id, gclid, fbclid, contact_hashes from {{ ref('int_orders_latest') }}

),

nodes as (

    select order_key, {{ identity_node('customer_id', hashed_customer_id('customer_id')) }} as node from orders
    union all
    select order_key, {{ identity_node('client_id', sha256_hex('user_pseudo_id')) }} as node from orders
    union all
    select order_key, {{ identity_node('click_id', sha256_hex('gclid')) }} as node from orders
    union all
    select order_key, {{ identity_node('click_id', sha256_hex('fbclid')) }} as node from orders
    union all
    select
        orders.order_key,
        {{ identity_node('hashed_email', 'contact_hash.sha256') }} as node
    from orders
    cross join {{ unnest_as('orders.contact_hashes', 'contact_hash') }}
    where contact_hash.field = 'em' and contact_hash.is_accepted

),

present as (

    select distinct order_key, node from nodes where node is not null

)

select * from present
