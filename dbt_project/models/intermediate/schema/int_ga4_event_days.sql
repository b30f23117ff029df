-- Grain: one row per date near the window and GA4 event name: rows, how many hold the values that matter, purchase money.
with

exports as (

    select table_date, export_kind, intraday_after from {{ ref('stg_ga4__exports') }}

),

source as (

    select
        landing_rows.table_date as event_date,
        coalesce(landing_rows.event_name, '') as event_name,
        landing_rows.export_kind,
        landing_rows.ecommerce,
        landing_rows.items
    from {{ source('landing', 'ga4_events') }} as landing_rows
    inner join exports
        on
            landing_rows.table_date = exports.table_date
            and (
                landing_rows.export_kind = exports.export_kind
                or (landing_rows.export_kind = 'intraday' and landing_rows.event_timestamp > exports.intraday_after)
            )
    where landing_rows.table_date between {{ window_start(-2) }} and {{ window_end(2) }}

),

counted as (

    select
        event_date,
        event_name,
        max(export_kind) as export_kind,
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

staged as (

    select
        event_date,
        coalesce(event_name, '') as event_name,
        max(canonical_event) as canonical_event,
        max(event_at) as newest_at,
        sum(case when canonical_event = 'purchase' then value end) as event_value
    from {{ ref('stg_ga4__events') }}
    group by event_date, coalesce(event_name, '')

),

joined_up as (

    select
        counted.*,
        staged.canonical_event,
        staged.newest_at,
        staged.event_value
    from counted
    left join staged
        on counted.event_date = staged.event_date and counted.event_name = staged.event_name

)

select * from joined_up
