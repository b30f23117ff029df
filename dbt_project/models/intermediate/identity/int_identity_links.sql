-- Grain: one row per pair of identifiers that one record binds together.
-- A record is a GA4 row, a server event, a CRM order or a consent decision; matches never bind.
with

exports as (

    select table_date, export_kind, intraday_after from {{ ref('int_ga4_shards') }}

),

-- Rows without a click id bind a customer and a browser at most.
ga4_identifiers as (

    select user_id, user_pseudo_id, fbclid, gclid
    from {{ ref('stg_ga4__clicks') }}

    union distinct

    select
        {{ present_person_id('source.user_id') }} as user_id,
        {{ present_client_id('source.user_pseudo_id') }} as user_pseudo_id,
        null as fbclid,
        null as gclid
    from {{ source('landing', 'ga4_events') }} as source
    inner join exports
        on source.table_date = exports.table_date and {{ is_counted_export('source', 'exports') }}
    where
        {{ near_window('source.table_date') }}
        and source.user_id is not null
        and source.user_pseudo_id is not null

),

ga4_records as (

    select
        {{ identity_node('customer_id', hashed_customer_id('user_id')) }} as customer,
        {{ identity_node('client_id', sha256_hex('user_pseudo_id')) }} as client,
        {{ identity_node('click_id', sha256_hex('fbclid')) }} as facebook_click,
        {{ identity_node('click_id', sha256_hex('gclid')) }} as google_click
    from ga4_identifiers

),

server_identifiers as (

    select server_event_key, node from {{ ref('int_server_identifiers') }}

),

order_identifiers as (

    select order_key, node from {{ ref('int_order_identifiers') }}

),

consent_records as (

    select distinct
        {{ identity_node('customer_id', hashed_customer_id('user_id')) }} as customer,
        {{ identity_node('client_id', sha256_hex('client_id')) }} as client
    from {{ ref('stg_consent__decisions') }}
    where user_id is not null and client_id is not null

),

links as (

    select customer as left_node, client as right_node from ga4_records
    union all
    select customer as left_node, facebook_click as right_node from ga4_records
    union all
    select customer as left_node, google_click as right_node from ga4_records
    union all
    select client as left_node, facebook_click as right_node from ga4_records
    union all
    select client as left_node, google_click as right_node from ga4_records
    union all
    select facebook_click as left_node, google_click as right_node from ga4_records
    union all
    select customer as left_node, client as right_node from consent_records
    union all
    select lefts.node as left_node, rights.node as right_node
    from server_identifiers as lefts
    inner join server_identifiers as rights
        on lefts.server_event_key = rights.server_event_key and lefts.node < rights.node
    union all
    select lefts.node as left_node, rights.node as right_node
    from order_identifiers as lefts
    inner join order_identifiers as rights
        on lefts.order_key = rights.order_key and lefts.node < rights.node

),

directed as (

    select
        least(left_node, right_node) as left_node,
        greatest(left_node, right_node) as right_node
    from links
    where left_node is not null and right_node is not null and left_node <> right_node

),

pairs as (

    select distinct left_node, right_node from directed

)

select * from pairs
