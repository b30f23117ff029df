-- Grain: one row per date and destination to which data went after the person had withdrawn consent.
with

sends as (

    select event_date, destination, seconds_since_withdrawal
    from {{ ref('int_deliveries_judged') }}
    where violation = 'withdrawn' and event_date between {{ window_start() }} and {{ window_end() }} and seconds_since_withdrawal is not null

),

measured as (

    select
        event_date,
        destination,
        count(*) as send_count,
        cast({{ quantile_of('seconds_since_withdrawal', 50) }} as {{ type_double() }}) as latency_p50_s,
        cast({{ quantile_of('seconds_since_withdrawal', 95) }} as {{ type_double() }}) as latency_p95_s,
        cast(max(seconds_since_withdrawal) as {{ type_double() }}) as latency_max_s,
        '{{ setting("run_id") }}' as run_id
    from sends
    group by event_date, destination

)

select * from measured
