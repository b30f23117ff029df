-- Grain: one row per source, date, event and path that occurred; kept as history, only dates that a run touches are rebuilt.
{{ config(
    materialized='incremental',
    incremental_strategy=history_strategy(),
    on_schema_change='append_new_columns',
    partitions=replaced_partitions(),
    pre_hook="{{ forget_replaced_rows() }}",
    meta={"replaced_rows": "{{ in_profile('event_date') }}"}
) }}

with

exports as (

    select table_date, export_kind from {{ ref('int_ga4_shards') }}

),

ga4_events as (

    select * from {{ ref('int_ga4_event_days') }}

),

parameters as (

    select event_date, event_name, parameter_name, path_rows, text_rows, number_rows
    from {{ ref('int_ga4_parameter_counts') }}

),

ga4_columns as (

    select
        observed.data_date as event_date,
        {{ safe_name('observed.path') }} as path,
        max(observed.export_kind) as export_kind,
        max({{ type_family('observed.type') }}) as family
    from {{ source('landing', 'observed_columns') }} as observed
    inner join exports
        on observed.data_date = exports.table_date and observed.export_kind = exports.export_kind
    where observed.source = 'ga4'
    group by observed.data_date, {{ safe_name('observed.path') }}

),

-- A file without a date in its name belongs to the last date of the run that loaded it.
dated_columns as (

    select
        observed.source,
        coalesce(observed.data_date, runs.window_end, {{ window_end() }}) as event_date,
        {{ safe_name('observed.path') }} as path,
        {{ type_family('observed.type') }} as family
    from {{ source('landing', 'observed_columns') }} as observed
    left join {{ source('ops', 'runs') }} as runs on observed.run_id = runs.run_id
    where observed.source = 'crm'

),

payloads as (

    select
        event_date,
        event_name,
        payload_paths,
        value
    from {{ ref('int_server_events') }}
    where
        has_payload
        and not is_test
        and event_name is not null
        and {{ in_profile('event_date') }}

),

payload_events as (

    select
        event_date,
        event_name,
        count(*) as event_rows,
        sum(case when lower(event_name) = 'purchase' then value end) as event_value
    from payloads
    group by event_date, event_name

),

payload_keys as (

    select
        payloads.event_date,
        payloads.event_name,
        payload_key as path
    from payloads
    cross join {{ unnest_as('payloads.payload_paths', 'payload_key') }}

),

payload_paths as (

    select event_date, event_name, path, count(*) as path_rows
    from payload_keys
    group by event_date, event_name, path

),

value_paths as (

    {% for path in value_columns() %}
    select '{{ path }}' as path {{ 'union all' if not loop.last }}
    {% endfor %}

),

day_totals as (

    select event_date, sum(event_rows) as event_rows
    from ga4_events
    group by event_date

),

found as (

    select
        'ga4' as source, event_date, event_name, 'event' as kind, '' as path, export_kind, '' as family,
        event_rows, event_rows as path_rows, 0 as text_rows, 0 as number_rows
    from ga4_events

    union all
    select
        'ga4', ga4_events.event_date, ga4_events.event_name, 'value', value_paths.path, ga4_events.export_kind, '',
        {{ value_column('denominator') }},
        {{ value_column('rows') }},
        0, 0
    from ga4_events
    cross join value_paths
    where {{ value_column('denominator') }} > 0

    union all
    select
        'ga4', parameters.event_date, ga4_events.event_name, 'parameter', 'event_params.' || {{ safe_name('parameters.parameter_name') }},
        max(ga4_events.export_kind),
        case
            when sum(parameters.text_rows) > sum(parameters.number_rows) then 'text'
            when sum(parameters.number_rows) > 0 then 'number'
            else ''
        end,
        max(ga4_events.event_rows),
        sum(parameters.path_rows),
        sum(parameters.text_rows),
        sum(parameters.number_rows)
    from parameters
    inner join ga4_events
        on
            parameters.event_date = ga4_events.event_date
            and {{ safe_name('parameters.event_name') }} = ga4_events.event_name
    group by parameters.event_date, ga4_events.event_name, 'event_params.' || {{ safe_name('parameters.parameter_name') }}

    union all
    select
        'ga4', ga4_columns.event_date, '', 'column', ga4_columns.path, ga4_columns.export_kind, ga4_columns.family,
        day_totals.event_rows, day_totals.event_rows, 0, 0
    from ga4_columns
    inner join day_totals on ga4_columns.event_date = day_totals.event_date

    union all
    select source, event_date, '', 'column', path, '', max(family), 0, 0, 0, 0
    from dated_columns
    where {{ in_profile('event_date') }}
    group by source, event_date, path

    union all
    select 'capi', event_date, event_name, 'event', '', '', '', event_rows, event_rows, 0, 0
    from payload_events

    union all
    select
        'capi', payload_paths.event_date, payload_paths.event_name, 'payload', {{ safe_name('payload_paths.path') }}, '', '',
        max(payload_events.event_rows), sum(payload_paths.path_rows), 0, 0
    from payload_paths
    inner join payload_events
        on payload_paths.event_date = payload_events.event_date and payload_paths.event_name = payload_events.event_name
    group by payload_paths.event_date, payload_paths.event_name, {{ safe_name('payload_paths.path') }}

),

money as (

    select 'ga4' as source, event_date, event_name, event_value from ga4_events
    union all
    select 'capi', event_date, event_name, event_value from payload_events

),

profiled as (

    select
        found.source,
        found.event_date,
        {{ safe_name('found.event_name') }} as event_name,
        found.kind,
        found.path,
        found.export_kind,
        found.family,
        found.event_rows,
        found.path_rows,
        found.text_rows,
        found.number_rows,
        money.event_value
    from found
    left join money
        on
            found.source = money.source
            and found.event_date = money.event_date
            and found.event_name = money.event_name

),

named as (

    select
        source,
        event_date,
        event_name,
        kind,
        path,
        max(export_kind) as export_kind,
        max(family) as family,
        cast(sum(event_rows) as {{ type_integer() }}) as event_rows,
        cast(sum(path_rows) as {{ type_integer() }}) as path_rows,
        cast(sum(text_rows) as {{ type_integer() }}) as text_rows,
        cast(sum(number_rows) as {{ type_integer() }}) as number_rows,
        cast(sum(event_value) as {{ type_money() }}) as event_value
    from profiled
    group by source, event_date, event_name, kind, path

)

select * from named
