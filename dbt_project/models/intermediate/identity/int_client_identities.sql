-- Grain: one row per logical client event that carries any identifier.
with

components as (

    select node, canonical_id, is_shared from {{ ref('int_identity_components') }}

),

events as (

    select
        client_event_key,
        {{ identity_node('customer_id', hashed_customer_id('user_id')) }} as customer_node,
        {{ identity_node('client_id', sha256_hex('user_pseudo_id')) }} as client_node,
        {{ identity_node('click_id', sha256_hex('coalesce(fbclid, gclid)')) }} as click_node
    from {{ ref('int_client_events') }}

),

identities as (

    select
        events.client_event_key,
        {{ resolved_identity(['customer', 'click', 'client']) }} as canonical_id,
        events.client_node
    from events
    left join components as customer on events.customer_node = customer.node
    left join components as click on events.click_node = click.node
    left join components as client on events.client_node = client.node
    where coalesce(events.customer_node, events.click_node, events.client_node) is not null

)

select * from identities
