-- Grain: one file, its newest load, of the dates that the window reads.
with

ranked_loads as (

    select
        source,
        file_name,
        digest,
        rows_read,
        notes,
        row_number() over (partition by source, file_name order by loaded_at desc, run_id desc) as position
    from landing.load_ledger
    where
        data_date is null
        or data_date between $inputs_start and $inputs_end

)

select
    source,
    file_name,
    digest,
    rows_read,
    notes
from ranked_loads
where position = 1
order by
    source,
    file_name
