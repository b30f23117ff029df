-- Grain: one row per check, dimension and date of a run that warns or fails there; the worst come first.
with

ranked_rows as (

    select
        check_id,
        event_date,
        dimension,
        value,
        numerator,
        denominator,
        status,
        row_number() over (
            partition by check_id
            order by case status when 'fail' then 0 else 1 end, event_date desc, dimension
        ) as position
    from marts.fct_check_results
    where
        run_id = $run_id
        and dimension <> 'all'
        and status in ('warn', 'fail')

)

select
    check_id,
    event_date,
    dimension,
    value,
    numerator,
    denominator,
    status
from ranked_rows
where position <= $row_cap
order by
    check_id,
    position
