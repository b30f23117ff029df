-- Grain: one row per file whose rows stand in landing, with its newest load.
with

loads as (

    select
        file_name,
        source,
        source_format,
        data_date,
        rows_loaded,
        modified_at,
        loaded_at,
        row_number() over (partition by source, file_name order by loaded_at desc, run_id desc) as recency
    from {{ source('landing', 'load_ledger') }}
    where error is null

),

newest as (

    select file_name, source, source_format, data_date, rows_loaded, modified_at, loaded_at from loads where recency = 1

)

select * from newest
