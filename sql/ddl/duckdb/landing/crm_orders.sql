-- Grain: one order row as read; contact fields exist only as hashes of their accepted and known-wrong forms; free_text is a JSON object of the unmapped text columns.
create table if not exists landing.crm_orders (
    order_id varchar,
    customer_id varchar,
    ordered_at timestamp,
    status varchar,
    value decimal(18, 2),
    currency varchar,
    event_id varchar,
    user_pseudo_id varchar,
    gclid varchar,
    fbclid varchar,
    channel varchar,
    is_test boolean,
    free_text varchar,
    contact_hashes struct(field varchar, form varchar, is_accepted boolean, sha256 varchar)[],
    secret_fields varchar[],
    file_name varchar,
    row_number bigint,
    run_id varchar
);
