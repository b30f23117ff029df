-- Grain: one row per date to profile and GA4 event name: rows, how many hold the values that matter, purchase money.
with

exports as (

    select table_date, export_kind, intraday_after from {{ ref('int_ga4_shards') }}

),

taxonomy as (

    select ga4_name, canonical_event from {{ ref('int_event_taxonomy') }}
    where is_reconciled

),

counted as (

    select
        event_date,
        event_name,
        export_kind,
        newest_timestamp,
        event_rows,
        {%- for columns in value_columns().values() %}
        {{ columns.rows }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_ga4_event_counts') }}

),

-- Dates near the window are flattened already; others are only here when this run loaded them.
distant_exports as (

    select table_date, export_kind, intraday_after
    from exports
    where not ({{ near_window('table_date') }})

),

distant_rows as (

    select
        source.table_date as event_date,
        source.event_name,
        source.event_params,
        source.ecommerce,
        {{ ga4_param_keys('source.event_params') }} as param_keys
    from {{ source('landing', 'ga4_events') }} as source
    inner join distant_exports
        on source.table_date = distant_exports.table_date and {{ is_counted_export('source', 'distant_exports') }}
    inner join taxonomy on source.event_name = taxonomy.ga4_name
    where
        taxonomy.canonical_event = 'purchase'
        and {{ in_profile('source.table_date') }}

),

purchase_rows as (

    select event_date, event_name, value
    from {{ ref('stg_ga4__events') }}
    where canonical_event = 'purchase'
    union all
    select event_date, event_name, {{ ga4_value('distant_rows') }} as value
    from distant_rows

),

purchases as (

    select event_date, event_name, sum(value) as event_value
    from purchase_rows
    group by event_date, event_name

),

described as (

    select
        counted.*,
        taxonomy.canonical_event,
        {{ micros_to_timestamp('counted.newest_timestamp') }} as newest_at,
        purchases.event_value
    from counted
    left join taxonomy on counted.event_name = taxonomy.ga4_name
    left join purchases
        on counted.event_date = purchases.event_date and counted.event_name = purchases.event_name

)

select * from described
