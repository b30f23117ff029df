-- Grain: one order row as read; contact fields exist only as hashes of their accepted and known-wrong forms; free_text is a JSON object of the unmapped text columns.
create table if not exists landing.crm_orders (
    order_id string,
    customer_id string,
    ordered_at timestamp,
    status string,
    value numeric,
    currency string,
    event_id string,
    user_pseudo_id string,
    gclid string,
    fbclid string,
    channel string,
    is_test bool,
    free_text string,
    contact_hashes array<struct<field string, form string, is_accepted bool, sha256 string>>,
    secret_fields array<string>,
    file_name string,
    row_number int64,
    run_id string
)
partition by timestamp_trunc(ordered_at, month);
