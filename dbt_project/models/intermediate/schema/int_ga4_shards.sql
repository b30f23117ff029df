-- Grain: one row per date to profile with the export kind that counts for it and the state of its shards.
with

chosen as (

    {{ ga4_export_choice(in_profile('table_date')) | indent(4) }}

),

-- Every load of a date leaves its mark, in whatever order the loads came.
loads as (

    select
        data_date as table_date,
        {{ joined(collected("file_name || '@' || run_id", 'file_name, run_id'), '|') }} as load_list
    from {{ source('landing', 'load_ledger') }}
    where source = 'ga4' and error is null
    group by data_date

),

taxonomy as (

    select {{ joined(collected("ga4_name || '=' || canonical_event", 'ga4_name'), '|') }} as name_list
    from {{ ref('int_event_taxonomy') }}
    where is_reconciled

),

shards as (

    select
        chosen.table_date,
        chosen.export_kind,
        chosen.intraday_after,
        {{ as_text('chosen.table_date') }} || '|' || {{ sha256_hex("loads.load_list || '#' || taxonomy.name_list") }} as shard_state
    from chosen
    inner join loads on chosen.table_date = loads.table_date
    cross join taxonomy

)

select * from shards
