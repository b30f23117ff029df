-- Grain: one row per source, date, metric and canonical event ('' for all); kept as history, only dates that a run touches are rebuilt.
{{ config(
    materialized='incremental',
    incremental_strategy=history_strategy(),
    on_schema_change='append_new_columns',
    partitions=replaced_partitions(),
    pre_hook="{{ forget_replaced_rows() }}",
    meta={"replaced_rows": "{{ in_profile('event_date') }}"}
) }}

with

ga4_days as (

    select event_date, canonical_event, event_rows, event_value, newest_at
    from {{ ref('int_ga4_event_days') }}

),

server_events as (

    select event_date, canonical_event, outcome, value, received_at
    from {{ ref('int_server_events') }}
    where not is_test and {{ in_profile('event_date') }}

),

orders as (

    select
        event_date,
        order_key,
        max(value) as value,
        max(ordered_at) as ordered_at
    from {{ ref('stg_crm__orders') }}
    where is_valid and {{ in_profile('event_date') }}
    group by event_date, order_key

),

decisions as (

    select event_date, decided_at
    from {{ ref('stg_consent__decisions') }}
    where decided_at >= {{ profile_opens_at() }} and {{ in_profile('event_date') }}

),

counted as (

    select
        'ga4' as source, event_date, 'rows' as metric, '' as canonical_event,
        sum(event_rows) as value, max(newest_at) as newest_at
    from ga4_days
    group by event_date

    union all
    select 'ga4', event_date, 'rows', canonical_event, sum(event_rows), max(newest_at)
    from ga4_days
    where canonical_event is not null
    group by event_date, canonical_event

    union all
    select 'ga4', event_date, 'revenue', canonical_event, coalesce(sum(event_value), 0), max(newest_at)
    from ga4_days
    where canonical_event = 'purchase'
    group by event_date, canonical_event

    union all
    select 'capi', event_date, 'accepted', '', sum(case when outcome = 'accepted' then 1 else 0 end), max(received_at)
    from server_events
    group by event_date

    union all
    select
        'capi', event_date, 'accepted', canonical_event,
        sum(case when outcome = 'accepted' then 1 else 0 end), max(received_at)
    from server_events
    where canonical_event is not null
    group by event_date, canonical_event

    union all
    select
        'capi', event_date, 'revenue', canonical_event,
        coalesce(sum(case when outcome = 'accepted' then value end), 0), max(received_at)
    from server_events
    where canonical_event = 'purchase'
    group by event_date, canonical_event

    union all
    select 'crm', event_date, 'orders', '', count(*), max(ordered_at)
    from orders
    group by event_date

    union all
    select 'crm', event_date, 'revenue', '', coalesce(sum(value), 0), max(ordered_at)
    from orders
    group by event_date

    union all
    select 'consent', event_date, 'decisions', '', count(*), max(decided_at)
    from decisions
    group by event_date

),

typed as (

    select
        source,
        event_date,
        metric,
        canonical_event,
        cast(value as {{ type_double() }}) as value,
        newest_at
    from counted

)

select * from typed
