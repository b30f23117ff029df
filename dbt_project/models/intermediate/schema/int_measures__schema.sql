-- Grain: one row per check and dimension: what the window shows, lasting differences included until they are accepted.
with

drift as (

    select distinct source, event_name, path, change, is_breaking
    from {{ ref('int_schema_drift') }}
    where event_date between {{ window_start() }} and {{ window_end() }}

),

profiled as (

    select source, event_date, kind, event_rows
    from {{ ref('int_schema_profile') }}
    where event_date between {{ window_start() }} and {{ window_end() }}

),

names as (

    select distinct kind, name
    from {{ ref('int_taxonomy_names') }}
    where event_date between {{ window_start() }} and {{ window_end() }}

),

unknown_events as (

    select event_names.event_name
    from (select distinct event_name from {{ ref('stg_ga4__events') }}) as event_names
    inner join names
        on {{ safe_name('event_names.event_name') }} = names.name and names.kind = 'event'

),

unknown_parameters as (

    select {{ collected('name', 'name') }} as parameter_names
    from names
    where kind = 'parameter'

),

rows_with_unknown_parameter as (

    select landing_rows.file_name, landing_rows.row_number
    from {{ source('landing', 'ga4_events') }} as landing_rows
    cross join unknown_parameters
    where
        landing_rows.table_date between {{ window_start() }} and {{ window_end() }}
        and {{ list_size('unknown_parameters.parameter_names') }} > 0
        and {{ has_any_key('landing_rows.event_params', 'unknown_parameters.parameter_names') }}

),

{% if setting('schema_version_param') -%}
rows_without_schema_version as (

    select landing_rows.file_name, landing_rows.row_number
    from {{ source('landing', 'ga4_events') }} as landing_rows
    where
        landing_rows.table_date between {{ window_start() }} and {{ window_end() }}
        and not {{ list_has(ga4_param_keys(), quoted(setting('schema_version_param'))) }}

),

{% endif -%}
rows_outside_taxonomy as (

    select events.file_name, events.row_number
    from {{ ref('stg_ga4__events') }} as events
    inner join unknown_events on events.event_name = unknown_events.event_name
    where events.event_date between {{ window_start() }} and {{ window_end() }}

    union distinct

    select events.file_name, events.row_number
    from rows_with_unknown_parameter
    inner join {{ ref('stg_ga4__events') }} as events
        on
            rows_with_unknown_parameter.file_name = events.file_name
            and rows_with_unknown_parameter.row_number = events.row_number
    {%- if setting('schema_version_param') %}

    union distinct

    select events.file_name, events.row_number
    from rows_without_schema_version
    inner join {{ ref('stg_ga4__events') }} as events
        on
            rows_without_schema_version.file_name = events.file_name
            and rows_without_schema_version.row_number = events.row_number
    {%- endif %}

),

drift_counts as (

    select
        count(*) as drift_count,
        sum(case when is_breaking then 1 else 0 end) as breaking_count
    from drift

),

profile_counts as (

    select
        count(*) as profile_count,
        sum(case when source = 'ga4' and kind = 'event' then event_rows else 0 end) as ga4_row_count
    from profiled

),

unknown_counts as (

    select count(*) as unknown_row_count from rows_outside_taxonomy

),

measured as (

    select
        'schema_drift' as check_id,
        case when breaking_count > 0 then 0.0 when drift_count > 0 then 0.5 else 1.0 end as value,
        drift_count as numerator,
        cast(null as {{ type_integer() }}) as denominator,
        profile_count > 0 as has_input
    from drift_counts
    cross join profile_counts

    union all
    select 'taxonomy', null, unknown_row_count, ga4_row_count, ga4_row_count > 0
    from unknown_counts
    cross join profile_counts

),

shaped as (

    select
        check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        cast(value as {{ type_double() }}) as value,
        cast(numerator as {{ type_integer() }}) as numerator,
        cast(denominator as {{ type_integer() }}) as denominator,
        coalesce(has_input, false) as has_input
    from measured

)

select * from shaped
