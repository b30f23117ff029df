-- Grain: one row per run and check, of two runs: its row of dimension all, else its worst; the status is the worst of all.
with

judged_rows as (

    select
        run_id,
        check_id,
        surface,
        event_date,
        dimension,
        value,
        numerator,
        denominator,
        interval_low,
        interval_high,
        threshold_kind,
        pass_bound,
        warn_bound,
        upper_bound,
        status as own_status,
        case status
            when 'fail' then 1
            when 'warn' then 2
            when 'pass' then 3
            when 'insufficient_data' then 4
            else 5
        end as status_rank
    from marts.fct_check_results
    where run_id in ($run_id, $previous_run_id)

),

ranked_rows as (

    select
        *,
        min(status_rank) over (partition by run_id, check_id) as worst_rank,
        row_number() over (
            partition by run_id, check_id
            order by case when dimension = 'all' then 0 else 1 end, status_rank, value, event_date desc, dimension
        ) as position
    from judged_rows

)

select
    run_id,
    check_id,
    surface,
    event_date,
    dimension,
    value,
    numerator,
    denominator,
    interval_low,
    interval_high,
    case worst_rank
        when 1 then 'fail'
        when 2 then 'warn'
        when 3 then 'pass'
        when 4 then 'insufficient_data'
        else 'unknown'
    end as status,
    own_status,
    threshold_kind,
    pass_bound,
    warn_bound,
    upper_bound
from ranked_rows
where position = 1
order by
    run_id,
    check_id
