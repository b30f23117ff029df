-- Grain: one row per date to profile, GA4 event name and parameter; kept until the shards of the date change.
{{ config(
    materialized=kept_materialization(),
    incremental_strategy=history_strategy(),
    on_schema_change='sync_all_columns',
    pre_hook="{{ forget_changed_shards(ga4_parameter_counts(), in_profile('table_date')) }}"
) }}

with

shards as (

    {{ changed_shards(ga4_parameter_counts(), in_profile('table_date')) | indent(4) }}

),

landed as (

    select
        source.table_date as event_date,
        coalesce(source.event_name, '') as event_name,
        source.event_params,
        shards.shard_state
    from {{ source('landing', 'ga4_events') }} as source
    inner join shards
        on source.table_date = shards.table_date and {{ is_counted_export('source', 'shards') }}
    where {{ in_profile('source.table_date') }}

),

counted as (

    select
        landed.event_date,
        landed.event_name,
        param.key as parameter_name,
        {{ ga4_parameter_counts() | indent(8) }},
        landed.shard_state
    from landed
    cross join {{ unnest_as('landed.event_params', 'param') }}
    group by landed.event_date, landed.event_name, param.key, landed.shard_state

)

select * from counted
