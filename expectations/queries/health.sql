-- Grain: one row per check; what has too few events or no input has no judgement.
with

judged as (

    select
        check_id,
        count(*) as population,
        sum(case when status = 'pass' then 0 else 1 end) as broken_count
    from marts_next.fct_check_results
    where status in ('pass', 'warn', 'fail')
    group by check_id

)

select
    thresholds.check_id as promise,
    coalesce(judged.broken_count, 0) as broken_count,
    coalesce(judged.population, 0) as population
from reference.checks as thresholds
left join judged on thresholds.check_id = judged.check_id
