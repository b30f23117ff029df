-- The floor: what any script must do for the day's figures, and nothing else. No ledger, contract,
-- hash comparison, identity, findings, history, alert or report. Reads the relation `raw_events` and
-- the variables gtms, gateway, orders (file patterns).

-- step: flatten
create table events as
select
    row_number() over () as row_id,
    cast(strptime(event_date, '%Y%m%d') as date) as event_date,
    event_timestamp,
    make_timestamp(event_timestamp) as client_at,
    event_name,
    user_id,
    user_pseudo_id,
    privacy_info.ads_storage as ads_storage,
    privacy_info.analytics_storage as analytics_storage,
    device.category as device_category,
    device.web_info.browser as browser,
    geo.country as country,
    collected_traffic_source.manual_campaign_name as campaign,
    batch_ordering_id,
    len(keys) as param_count,
    event_params[nullif(list_position(keys, 'event_id'), 0)].value.string_value as event_id,
    event_params[nullif(list_position(keys, 'page_location'), 0)].value.string_value as page_location,
    event_params[nullif(list_position(keys, 'ga_session_id'), 0)].value.int_value as ga_session_id,
    event_params[nullif(list_position(keys, 'currency'), 0)].value.string_value as currency,
    coalesce(
        event_params[nullif(list_position(keys, 'value'), 0)].value.double_value,
        event_params[nullif(list_position(keys, 'value'), 0)].value.int_value
    ) as amount,
    nullif(coalesce(
        event_params[nullif(list_position(keys, 'transaction_id'), 0)].value.string_value,
        cast(event_params[nullif(list_position(keys, 'transaction_id'), 0)].value.int_value as varchar),
        ecommerce.transaction_id
    ), '(not set)') as order_id
from (select *, list_transform(event_params, lambda entry: entry.key) as keys from raw_events);

-- step: de-duplicate
create table client_events as
with

kept as (

    select min(row_id) as row_id
    from events
    group by
        event_name,
        case when event_name = 'purchase' and order_id is not null then order_id else coalesce(event_id, cast(row_id as varchar)) end

)

select events.*
from events
where row_id in (select row_id from kept);

-- step: delivery logs
create table attempts as
with

gtms as (

    select *
    from read_json(getvariable('gtms'), format = 'newline_delimited', columns = {
        type: 'varchar', event_name: 'varchar', timestamp: 'bigint', trace_id: 'varchar',
        request_body: 'varchar', response_status_code: 'bigint', response_body: 'varchar'
    })

),

requests as (

    select trace_id, from_json(request_body, '{"data":[{"event_name":"VARCHAR","event_id":"VARCHAR","event_time":"BIGINT","custom_data":{"value":"DOUBLE","currency":"VARCHAR","order_id":"VARCHAR"}}]}').data[1] as event
    from gtms
    where type = 'Request'

),

responses as (

    select trace_id, timestamp * 1000 as received_at, response_status_code as http_status
    from gtms
    where type = 'Response'

),

gateway as (

    select timestamp, request_id, unnest(deliveries) as delivery
    from read_json(getvariable('gateway'), format = 'newline_delimited', columns = {
        timestamp: 'timestamp', request_id: 'varchar',
        deliveries: 'struct(destination varchar, status varchar, http_status bigint, request struct(event_name varchar, event_id varchar, event_time bigint, custom_data struct("value" double, currency varchar, order_id varchar)))[]'
    })

),

logged as (

    select requests.trace_id, event, received_at, http_status between 200 and 299 as is_accepted
    from requests
    left join responses on requests.trace_id = responses.trace_id
    union all
    select request_id, delivery.request, epoch_us(timestamp), delivery.status = 'delivered'
    from gateway
    where delivery.destination = 'meta_capi' and delivery.status <> 'blocked'

)

select
    trace_id,
    min(received_at) as received_at,
    bool_or(is_accepted) as is_accepted,
    any_value(event.event_name) as event_name,
    any_value(event.event_id) as event_id,
    any_value(event.event_time) as event_time,
    any_value(event.custom_data.value) as amount,
    any_value(event.custom_data.currency) as currency,
    any_value(event.custom_data.order_id) as order_id
from logged
group by trace_id;

create table server_events as
select
    event_name,
    event_id,
    bool_or(is_accepted) as is_accepted,
    count(*) filter (where is_accepted) as accepted_count,
    min(received_at) as received_at,
    min(event_time) as event_time,
    arg_min(amount, received_at) as amount,
    arg_min(currency, received_at) as currency,
    arg_min(order_id, received_at) as order_id
from attempts
group by event_name, event_id;

-- step: orders
create table orders as
select
    lower(trim("Name", ' #')) as order_key,
    "Status" as status,
    cast("Total" as decimal(18, 2)) as amount,
    "Currency" as currency,
    timezone('UTC', timezone('Europe/Berlin', cast("Created at" as timestamp))) as ordered_at
from read_csv(getvariable('orders'), header = true, all_varchar = true)
qualify row_number() over (partition by order_key order by ordered_at) = 1;

-- step: full join
create table reconciled as
with

taxonomy (ga4_name, meta_name) as (
    values
    ('purchase', 'Purchase'), ('begin_checkout', 'InitiateCheckout'), ('add_to_cart', 'AddToCart'),
    ('generate_lead', 'Lead'), ('sign_up', 'CompleteRegistration')
),

client as (

    select client_events.*, taxonomy.meta_name
    from client_events
    inner join taxonomy on client_events.event_name = taxonomy.ga4_name

),

paired as (

    select
        client.event_date,
        coalesce(client.event_name, taxonomy.ga4_name) as canonical_event,
        coalesce(client.order_id, server_events.order_id) as order_id,
        client.row_id is not null as in_client,
        server_events.event_id is not null as in_server,
        client.ads_storage is distinct from 'No' as is_consented,
        coalesce(server_events.is_accepted, false) as is_accepted,
        server_events.accepted_count,
        client.event_id = server_events.event_id as is_same_id,
        server_events.event_time - client.event_timestamp / 1000000 as seconds_apart,
        client.amount as client_amount,
        server_events.amount as server_amount,
        client.currency as client_currency,
        server_events.currency as server_currency
    from client
    full outer join server_events
        on client.event_id = server_events.event_id and client.meta_name = server_events.event_name
    left join taxonomy on server_events.event_name = taxonomy.meta_name

)

select
    coalesce(paired.canonical_event, 'purchase') as canonical_event,
    coalesce(paired.event_date, cast(orders.ordered_at as date)) as event_date,
    paired.* exclude (canonical_event, event_date, in_client, in_server),
    coalesce(in_client, false) as in_client,
    coalesce(in_server, false) as in_server,
    orders.order_key is not null as in_crm,
    orders.amount as crm_amount
from paired
full outer join orders
    on paired.canonical_event = 'purchase' and lower(trim(paired.order_id, ' #')) = orders.order_key;

-- step: daily metrics
create table daily as
select
    event_date,
    canonical_event,
    count(*) filter (where in_client) as client_count,
    count(*) filter (where in_client and is_consented) as consented_client_count,
    count(*) filter (where is_accepted) as server_accepted_count,
    count(*) filter (where in_client and in_server and is_accepted) as match_count,
    count(*) filter (where is_accepted) / nullif(count(*) filter (where in_client and is_consented), 0) as hit_ratio,
    avg(cast(is_same_id as integer)) filter (where in_client and is_accepted) as dedup_rate,
    avg(cast(abs(seconds_apart) <= 300 as integer)) filter (where in_client and is_accepted) as aligned_rate,
    avg(cast(abs(client_amount - server_amount) <= 0.01 and client_currency = server_currency as integer))
        filter (where in_client and is_accepted) as value_match_rate,
    count(*) filter (where accepted_count > 1) as duplicate_count,
    count(*) filter (where in_crm) as crm_count,
    count(*) filter (where in_crm and in_client) / nullif(count(*) filter (where in_crm), 0) as crm_coverage_client,
    count(*) filter (where in_crm and is_accepted) / nullif(count(*) filter (where in_crm), 0) as crm_coverage_server,
    count(*) filter (where is_accepted and canonical_event = 'purchase' and not in_crm) as ghost_count
from reconciled
group by event_date, canonical_event;
