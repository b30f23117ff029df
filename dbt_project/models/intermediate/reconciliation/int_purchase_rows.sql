-- Grain: one row per GA4 purchase row with an order id; kept as history so that repeats are found 30 days back.
-- Dates of the window are rewritten; older dates are read once, when they are first seen.
{{ config(
    materialized='incremental',
    incremental_strategy=history_strategy(),
    partitions=replaced_partitions(),
    pre_hook="{{ forget_replaced_rows() }}",
    meta={"replaced_rows": "event_date between {{ window_start(-2) }} and {{ window_end(2) }}"}
) }}

with

recent as (

    select
        event_date,
        event_at,
        order_id,
        event_id,
        value,
        currency,
        file_name,
        row_number
    from {{ ref('stg_ga4__events') }}
    where canonical_event = 'purchase' and order_id is not null

),

-- A scan that joins few dates, or none, leaves the files and row groups of all others unread.
unseen_dates as (

    select table_date, export_kind, intraday_after
    from {{ ref('stg_ga4__exports') }}
    where
        table_date between {{ window_start(-32) }} and {{ window_start(-3) }}
        {% if is_incremental() %}
        and table_date not in (select distinct event_date from {{ this }})
        {% endif %}

),

unseen as (

    select
        source.*,
        {{ ga4_param_keys('source.event_params') }} as param_keys
    from {{ source('landing', 'ga4_events') }} as source
    inner join unseen_dates
        on
            source.table_date = unseen_dates.table_date and {{ is_counted_export('source', 'unseen_dates') }}
    where
        source.table_date between {{ window_start(-32) }} and {{ window_start(-3) }}
        and source.event_name in (
            select ga4_name from {{ ref('int_event_taxonomy') }} where canonical_event = 'purchase'
        )

),

older as (

    select
        unseen.table_date as event_date,
        {{ micros_to_timestamp('unseen.event_timestamp') }} as event_at,
        {{ ga4_order_id('unseen') }} as order_id,
        {{ ga4_event_id() }} as event_id,
        {{ ga4_value('unseen') }} as value,
        {{ ga4_param('currency') }} as currency,
        unseen.file_name,
        unseen.row_number
    from unseen

),

purchases as (

    select event_date, event_at, order_id, event_id, value, currency, file_name, row_number from recent
    union all
    select event_date, event_at, order_id, event_id, value, currency, file_name, row_number
    from older
    where order_id is not null

),

keyed as (

    select
        event_date,
        event_at,
        {{ order_key('order_id') }} as order_key,
        order_id,
        event_id,
        value,
        currency,
        file_name,
        row_number
    from purchases

)

select * from keyed
