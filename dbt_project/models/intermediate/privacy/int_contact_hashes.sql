-- Grain: one row per CRM order, contact field and digest: an accepted form or a known mistake.
with

orders as (

    select order_key, customer_id, contact_hashes from {{ ref('int_orders_latest') }}

),

hashes as (

    select
        orders.order_key,
        coalesce(orders.customer_id, 'order ' || orders.order_key) as customer_key,
        contact_hash.field as payload_key,
        contact_hash.form,
        contact_hash.is_accepted,
        contact_hash.sha256 as digest
    from orders
    cross join {{ unnest_as('orders.contact_hashes', 'contact_hash') }}

)

select * from hashes
