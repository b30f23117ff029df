-- Grain: one row per date to profile, GA4 event name and parameter; a parameter that holds a click id has one row of its own.
-- Kept until the shards of the date change: the one pass over all parameters of a day.
{{ config(
    materialized=days_materialization(),
    incremental_strategy=history_strategy(),
    on_schema_change='append_new_columns',
    pre_hook="{{ forget_changed_shards(ga4_parameter_counts() ~ ga4_click_id(), in_profile('table_date')) }}"
) }}

with

shards as (

    {{ changed_shards(ga4_parameter_counts() ~ ga4_click_id(), in_profile('table_date')) | indent(4) }}

),

landed as (

    select
        source.table_date as event_date,
        coalesce(source.event_name, '') as event_name,
        source.file_name,
        source.row_number,
        source.event_params
    from {{ source('landing', 'ga4_events') }} as source
    inner join shards
        on source.table_date = shards.table_date and {{ is_counted_export('source', 'shards') }}
    where {{ in_profile('source.table_date') }}

),

entries as (

    select
        landed.event_date,
        landed.event_name,
        landed.file_name,
        landed.row_number,
        param.key as parameter_name,
        param.value,
        {{ ga4_click_id() | indent(8) }} as click_id
    from landed
    cross join {{ unnest_as('landed.event_params', 'param') }}

),

counted as (

    select
        event_date,
        event_name,
        parameter_name,
        click_id,
        case when click_id is not null then file_name end as file_name,
        case when click_id is not null then row_number end as row_number,
        {{ ga4_parameter_counts() | indent(8) }}
    from entries
    group by
        event_date,
        event_name,
        parameter_name,
        click_id,
        case when click_id is not null then file_name end,
        case when click_id is not null then row_number end

),

dated as (

    select
        counted.event_date,
        counted.event_name,
        counted.parameter_name,
        counted.click_id,
        counted.file_name,
        counted.row_number,
        counted.path_rows,
        counted.text_rows,
        counted.number_rows,
        shards.shard_state
    from counted
    inner join shards on counted.event_date = shards.table_date

)

select * from dated
