-- Grain: one row per date to profile and GA4 event name: rows, how many hold the values that matter, purchase money.
with

exports as (

    select table_date, export_kind, intraday_after from {{ ref('int_ga4_shards') }}

),

-- Landing is read twice, by its own columns each time: one shared CTE of nested columns would be written out in full.
source as (

    select
        landing_rows.table_date as event_date,
        {{ safe_name("coalesce(landing_rows.event_name, '')") }} as event_name,
        landing_rows.event_timestamp,
        landing_rows.export_kind,
        landing_rows.ecommerce,
        landing_rows.items
    from {{ source('landing', 'ga4_events') }} as landing_rows
    inner join exports
        on landing_rows.table_date = exports.table_date and {{ is_counted_export('landing_rows', 'exports') }}
    where {{ in_profile('landing_rows.table_date') }}

),

taxonomy as (

    select ga4_name, canonical_event from {{ ref('int_event_taxonomy') }}
    where meta_name is not null

),

counted as (

    select
        event_date,
        event_name,
        max(export_kind) as export_kind,
        max(event_timestamp) as newest_timestamp,
        count(*) as event_rows,
        {%- for field in value_fields('ecommerce') %}
        {{ count_where('ecommerce.' ~ field ~ ' is not null and ' ~ as_text('ecommerce.' ~ field) ~ " not in ('', '(not set)', 'NaN', 'nan')") }}
            as ecommerce_{{ field }}_rows,
        {%- endfor %}
        {%- for field in value_fields('items') %}
        {{ count_where(any_element('items', field)) }} as items_{{ field }}_rows,
        {%- endfor %}
        {{ count_where(list_size('items') ~ ' > 0') }} as items_rows
    from source
    group by event_date, event_name

),

purchase_rows as (

    select
        landing_rows.table_date as event_date,
        landing_rows.event_name,
        landing_rows.event_params,
        landing_rows.ecommerce,
        {{ ga4_param_keys('landing_rows.event_params') }} as param_keys
    from {{ source('landing', 'ga4_events') }} as landing_rows
    inner join taxonomy on landing_rows.event_name = taxonomy.ga4_name
    inner join exports
        on landing_rows.table_date = exports.table_date and {{ is_counted_export('landing_rows', 'exports') }}
    where
        taxonomy.canonical_event = 'purchase'
        and {{ in_profile('landing_rows.table_date') }}

),

purchases as (

    select
        event_date,
        event_name,
        sum(coalesce({{ money(ga4_param('value')) }}, {{ money('ecommerce.purchase_revenue') }})) as event_value
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
