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

exports as (

    select table_date, export_kind, intraday_after from {{ ref('stg_ga4__exports') }}

),

unseen as (

    select
        *,
        {{ ga4_param_keys() }} as param_keys
    from {{ source('landing', 'ga4_events') }}
    where
        table_date between {{ window_start(-32) }} and {{ window_start(-3) }}
        and event_name in (
            select ga4_name from {{ ref('int_event_taxonomy') }} where canonical_event = 'purchase'
        )
        {% if is_incremental() %}
        and table_date not in (select distinct event_date from {{ this }})
        {% endif %}

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
    inner join exports
        on
            unseen.table_date = exports.table_date
            and (
                unseen.export_kind = exports.export_kind
                or (unseen.export_kind = 'intraday' and unseen.event_timestamp > exports.intraday_after)
            )

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
