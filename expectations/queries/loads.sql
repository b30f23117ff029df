-- Grain: one row: loads of files of the window, of undated files, and the newest load of each source.
with

bounds as (

    select cast($first_date as date) as first_date, cast($last_date as date) as last_date

),

loads as (

    select
        source,
        digest,
        rows_read,
        rows_loaded,
        rows_quarantined,
        rows_duplicate,
        coalesce(rows_suppressed, 0) as rows_suppressed,
        error,
        data_date,
        loaded_at,
        max(loaded_at) over (partition by source) as newest_loaded_at
    from landing.load_ledger

)

select
    count(*) as row_count,
    sum(case when loads.source is null then 1 else 0 end) as nameless,
    sum(
        case
            when
                loads.rows_read
                = loads.rows_loaded + loads.rows_quarantined + loads.rows_duplicate + loads.rows_suppressed
                then 0
            else 1
        end
    ) as unbalanced,
    sum(
        case
            when
                least(
                    loads.rows_read,
                    loads.rows_loaded,
                    loads.rows_quarantined,
                    loads.rows_duplicate,
                    loads.rows_suppressed
                ) < 0
                then 1
            else 0
        end
    ) as negative,
    sum(case when loads.error is not null and loads.rows_loaded <> 0 then 1 else 0 end) as half_loaded,
    sum(case when loads.error is null and loads.digest is null then 1 else 0 end) as undigested,
    sum(case when loads.error is null then 0 else 1 end) as refused
from loads
cross join bounds
where
    loads.data_date is null
    or loads.data_date between bounds.first_date and bounds.last_date
    or loads.loaded_at = loads.newest_loaded_at
