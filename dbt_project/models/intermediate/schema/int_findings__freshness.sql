-- Grain: one row per file of the window that was refused, lost rows or had rows quarantined.
with

loads as (

    select
        ledger.*,
        row_number() over (partition by ledger.source, ledger.file_name order by ledger.loaded_at desc, ledger.run_id desc) as recency
    from {{ source('landing', 'load_ledger') }} as ledger

),

dated as (

    select
        loads.source,
        loads.file_name,
        loads.rows_read,
        loads.rows_loaded,
        loads.rows_quarantined,
        loads.rows_duplicate,
        coalesce(loads.rows_suppressed, 0) as rows_suppressed,
        loads.error,
        -- A file without a date in its name belongs to the last date of the run that loaded it.
        coalesce(loads.data_date, runs.window_end, {{ window_end() }}) as event_date
    from loads
    left join {{ source('ops', 'runs') }} as runs on loads.run_id = runs.run_id
    where loads.recency = 1

),

judged as (

    select
        *,
        case
            when error is not null then 'refused'
            when rows_read <> rows_loaded + rows_quarantined + rows_duplicate + rows_suppressed then 'conservation_broken'
            when rows_quarantined > 0 then 'quarantined'
        end as defect
    from dated
    where event_date between {{ window_start() }} and {{ window_end() }}

),

shaped as (

    select
        'load_completeness' as check_id,
        event_date,
        source,
        cast(null as {{ type_text() }}) as dataset_id,
        'file' as entity_type,
        file_name as entity_id,
        '' as field_path,
        defect,
        'source=' || source as dimension,
        case
            when defect = 'refused' then 'refused whole: ' || error
            else {{ as_text('rows_read') }} || ' read, ' || {{ as_text('rows_loaded') }} || ' loaded, '
                || {{ as_text('rows_quarantined') }} || ' quarantined, ' || {{ as_text('rows_duplicate') }} || ' duplicate'
        end as evidence,
        cast(1 as {{ type_integer() }}) as occurrences,
        cast(null as {{ type_money() }}) as value_at_risk,
        cast(null as {{ type_text() }}) as currency
    from judged
    where defect is not null

)

select * from shaped
