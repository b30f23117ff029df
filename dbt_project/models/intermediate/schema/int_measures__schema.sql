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

    select event_date, kind, name, row_count
    from {{ ref('int_taxonomy_names') }}
    where event_date between {{ window_start() }} and {{ window_end() }}

),

unknown_parameters as (

    select
        event_date,
        {{ collected("case when kind = 'parameter' then name end", 'name') }} as parameter_names
    from names
    where kind <> 'event'
    group by event_date

),

-- Rows are looked at one by one only on dates with an unknown parameter; a row may have several unknown names.
dates_to_read as (

    select
        exports.table_date,
        exports.export_kind,
        exports.intraday_after,
        unknown_parameters.parameter_names
    from {{ ref('int_ga4_shards') }} as exports
    inner join unknown_parameters on exports.table_date = unknown_parameters.event_date

),

rows_read as (

    select count(*) as row_count
    from {{ source('landing', 'ga4_events') }} as source
    inner join dates_to_read
        on source.table_date = dates_to_read.table_date and {{ is_counted_export('source', 'dates_to_read') }}
    left join names as unknown_events
        on
            source.table_date = unknown_events.event_date
            and unknown_events.kind = 'event'
            and {{ safe_name("coalesce(source.event_name, '')") }} = unknown_events.name
    where
        source.table_date between {{ window_start() }} and {{ window_end() }}
        and (
            unknown_events.name is not null
            or {{ has_any_key('source.event_params', 'dates_to_read.parameter_names') }}
            {%- if setting('schema_version_param') %}
            or not {{ has_any_key('source.event_params', '[' ~ quoted(setting('schema_version_param')) ~ ']') }}
            {%- endif %}
        )

),

rows_counted as (

    select coalesce(sum(row_count), 0) as row_count
    from names
    where kind = 'event' and event_date not in (select table_date from dates_to_read)

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

    select rows_read.row_count + rows_counted.row_count as unknown_row_count
    from rows_read
    cross join rows_counted

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
