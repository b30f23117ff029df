-- Grain: one row per CRM order that carries any identifier.
with

components as (

    select node, canonical_id, is_shared from {{ ref('int_identity_components') }}

),

orders as (

    select
        order_key,
        {{ identity_node('customer_id', hashed_customer_id('customer_id')) }} as customer_node,
        {{ identity_node('client_id', sha256_hex('user_pseudo_id')) }} as client_node,
        {{ identity_node('click_id', sha256_hex('coalesce(fbclid, gclid)')) }} as click_node,
        {{ identity_node('hashed_email', first_contact_hash('contact_hashes', 'em')) }} as email_node
    from {{ ref('int_orders_latest') }}

),

identities as (

    select
        orders.order_key,
        {{ resolved_identity(['customer', 'email', 'click', 'client'], 'orders') }} as canonical_id
    from orders
    left join components as customer on orders.customer_node = customer.node
    left join components as email on orders.email_node = email.node
    left join components as click on orders.click_node = click.node
    left join components as client on orders.client_node = client.node
    where coalesce(orders.customer_node, orders.email_node, orders.click_node, orders.client_node) is not null

)

select * from identities
