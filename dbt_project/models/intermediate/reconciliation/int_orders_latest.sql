-- Grain: one row per order of the CRM; the newest file counts, of each column its newest filled value.
with

orders as (

    select * from {{ ref('stg_crm__orders') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by order_key
            order by
                updated_at desc nulls last, file_date desc nulls last, file_modified_at desc nulls last,
                file_name desc, orders.row_number desc
        ) as recency
    from orders
    where order_key is not null and order_state <> 'refund'

),

filled as (

    select
        order_key,
        count(*) as read_count,
        {% for column in [
            'customer_id', 'status', 'value', 'currency', 'event_id', 'user_pseudo_id', 'gclid', 'fbclid'
        ] -%}
        {{ first_by(column, column ~ ' is null, recency') }} as {{ column }},
        {% endfor -%}
        {{ first_by('order_state', 'status is null, recency') }} as order_state,
        {{ first_by('recency', list_size('contact_hashes') ~ ' = 0, recency') }} as contact_recency
    from ranked
    group by order_key

),

latest as (

    select
        ranked.order_key,
        ranked.order_id,
        filled.customer_id,
        ranked.ordered_at,
        ranked.event_date,
        filled.status,
        filled.order_state = 'valid' and not ranked.is_test as is_valid,
        ranked.is_test,
        filled.value,
        filled.currency,
        filled.event_id,
        filled.user_pseudo_id,
        filled.gclid,
        filled.fbclid,
        contacts.contact_hashes,
        ranked.file_name,
        ranked.row_number,
        filled.read_count
    from ranked
    inner join filled on ranked.order_key = filled.order_key
    inner join ranked as contacts on filled.order_key = contacts.order_key and filled.contact_recency = contacts.recency
    where ranked.recency = 1

)

select * from latest
