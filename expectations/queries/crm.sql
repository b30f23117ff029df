-- Grain: one row.
with

bounds as (

    select cast($first_date as date) as first_date, cast($last_date as date) as last_date

),

loads as (

    select distinct file_name from landing.load_ledger where source = 'crm' and error is null

),

orders as (

    select
        crm_orders.order_id,
        crm_orders.ordered_at,
        crm_orders.value,
        crm_orders.currency,
        crm_orders.file_name,
        (
            select count(*) from unnest(crm_orders.contact_hashes) as contact
            where length(contact.sha256) <> 64 or contact.sha256 <> lower(contact.sha256)
        ) as malformed_hash_count,
        (
            select count(*) from unnest(crm_orders.contact_hashes) as contact
            where contact.sha256 is null or contact.field is null or contact.form is null
        ) as incomplete_hash_count
    from landing.crm_orders as crm_orders
    cross join bounds
    where
        crm_orders.ordered_at is null
        or (
            crm_orders.ordered_at >= cast(bounds.first_date - 2 as timestamp)
            and crm_orders.ordered_at < cast(bounds.last_date + 3 as timestamp)
        )

)

select
    count(*) as row_count,
    sum(case when coalesce(orders.order_id, '') = '' then 1 else 0 end) as unidentified,
    sum(case when orders.ordered_at is null then 1 else 0 end) as undated,
    sum(orders.malformed_hash_count) as malformed_hash,
    sum(orders.incomplete_hash_count) as incomplete_hash,
    sum(case when loads.file_name is null then 1 else 0 end) as unledgered,
    sum(case when orders.value is not null and orders.currency is null then 1 else 0 end) as value_without_currency
from orders
left join loads on orders.file_name = loads.file_name
