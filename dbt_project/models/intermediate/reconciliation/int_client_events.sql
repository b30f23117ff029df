-- Grain: one row per logical client event of a reconciled name; attributes come from its oldest row.
with

events as (

    select
        *,
        {{ order_key('order_id') }} as order_key
    from {{ ref('stg_ga4__events') }}
    where canonical_event is not null

),

earlier_orders as (

    select distinct order_key
    from {{ ref('int_purchase_rows') }}
    where event_date between {{ window_start(-30) }} and {{ window_start(-3) }}

),

keyed as (

    select
        *,
        case
            when canonical_event = 'purchase' and order_key is not null then 'purchase|#' || order_key
            when event_id is not null then canonical_event || '|' || event_id
            else canonical_event || '|' || file_name || ':' || {{ as_text('row_number') }}
        end as client_event_key
    from events

),

ranked as (

    select
        *,
        row_number() over (partition by client_event_key order by event_at, file_name, keyed.row_number) as age_rank,
        count(*) over (partition by client_event_key) as row_count
    from keyed

),

logical as (

    select
        client_event_key,
        canonical_event,
        event_date,
        event_name,
        event_id,
        order_id,
        order_key,
        event_at as client_at,
        value,
        upper(trim(currency)) as currency,
        coalesce(ads_storage = false, false) as is_denied,
        ads_storage,
        analytics_storage,
        user_id,
        user_pseudo_id,
        fbclid,
        gclid,
        is_debug,
        row_count,
        device_category,
        browser,
        country,
        campaign,
        param_count,
        file_name,
        ranked.row_number
    from ranked
    where
        age_rank = 1
        and not (
            canonical_event = 'purchase' and order_key is not null
            and order_key in (select order_key from earlier_orders)
        )

)

select * from logical
