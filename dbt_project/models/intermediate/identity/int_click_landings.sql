-- Grain: one row per date, browser and fbclid it landed with; kept as history for the 90 days a click lives.
{{ config(
    materialized='incremental',
    incremental_strategy=history_strategy(),
    partitions=replaced_partitions(),
    pre_hook="{{ forget_replaced_rows() }}",
    meta={"replaced_rows": "event_date between {{ window_start(-2) }} and {{ window_end(2) }}"}
) }}

with

landings as (

    select
        event_date,
        {{ identity_node('client_id', sha256_hex('user_pseudo_id')) }} as client_node,
        {{ identity_node('customer_id', hashed_customer_id('user_id')) }} as customer_node,
        {{ identity_node('click_id', sha256_hex('fbclid')) }} as click_node,
        min(event_at) as landed_at
    from {{ ref('stg_ga4__clicks') }}
    where fbclid is not null
    group by
        event_date,
        {{ identity_node('client_id', sha256_hex('user_pseudo_id')) }},
        {{ identity_node('customer_id', hashed_customer_id('user_id')) }},
        {{ identity_node('click_id', sha256_hex('fbclid')) }}

)

select * from landings
