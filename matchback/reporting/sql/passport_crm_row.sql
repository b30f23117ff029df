-- Grain: one CRM row of the order, newest file first.
select
    file_name,
    row_number,
    status
from landing.crm_orders
where
    ordered_at between $first_moment and $last_moment
    and lower(trim(order_id)) in ($order_key, $order_key_with_sign)
order by
    file_name desc,
    row_number
limit 5
