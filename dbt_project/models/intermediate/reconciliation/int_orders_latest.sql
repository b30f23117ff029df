-- Grain: one row per order of the CRM; of several rows the one read last counts.
with

orders as (

    select * from {{ ref('stg_crm__orders') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by order_key order by loaded_at desc, file_name desc, orders.row_number desc
        ) as recency,
        count(*) over (partition by order_key) as read_count
    from orders
    where order_key is not null

),

latest as (

    select
        order_key,
        order_id,
        customer_id,
        ordered_at,
        event_date,
        status,
        is_valid,
        is_test,
        value,
        currency,
        event_id,
        user_pseudo_id,
        gclid,
        fbclid,
        contact_hashes,
        file_name,
        ranked.row_number,
        read_count
    from ranked
    where recency = 1

)

select * from latest
