-- Grain: one row per run and surface, and one with surface overall.
with

results as (

    select
        run_id,
        run_at,
        window_end,
        check_id,
        status
    from {{ ref('fct_check_results') }}

),

-- The status of a check is the worst of its rows; some checks have rows per event and day only.
check_statuses as (

    select
        run_id,
        check_id,
        case
            when {{ count_where("status = 'fail'") }} > 0 then 'fail'
            when {{ count_where("status = 'warn'") }} > 0 then 'warn'
            when {{ count_where("status = 'pass'") }} > 0 then 'pass'
            when {{ count_where("status = 'insufficient_data'") }} > 0 then 'insufficient_data'
            else 'unknown'
        end as status
    from results
    group by
        run_id,
        check_id

),

thresholds as (

    select
        check_id,
        surface,
        weight,
        is_critical
    from {{ ref('checks') }}

),

surfaces as (

    select
        surface,
        weight,
        is_graded_beside
    from {{ ref('score_surfaces') }}

),

runs as (

    select distinct
        run_id,
        run_at,
        window_end
    from results

),

-- A check without a verdict (unknown, insufficient_data, never measured) has no share: it lowers coverage only.
judged_checks as (

    select
        runs.run_id,
        thresholds.surface,
        thresholds.check_id,
        thresholds.weight,
        coalesce(check_statuses.status, 'unknown') as status,
        case check_statuses.status
            when 'pass' then 1.0
            when 'warn' then 0.5
            when 'fail' then 0.0
        end as share
    from thresholds
    cross join runs
    left join check_statuses
        on runs.run_id = check_statuses.run_id
        and thresholds.check_id = check_statuses.check_id

),

surface_totals as (

    select
        judged_checks.run_id,
        judged_checks.surface,
        surfaces.weight,
        surfaces.is_graded_beside,
        sum(judged_checks.weight) as total_weight,
        sum(case when judged_checks.share is not null then judged_checks.weight else 0 end) as known_weight,
        sum(judged_checks.share * judged_checks.weight) as earned_weight
    from judged_checks
    inner join surfaces
        on judged_checks.surface = surfaces.surface
    group by
        judged_checks.run_id,
        judged_checks.surface,
        surfaces.weight,
        surfaces.is_graded_beside

),

-- A surface nothing is known about hands its weight to the others.
surface_shares as (

    select
        run_id,
        surface,
        weight,
        is_graded_beside,
        total_weight,
        known_weight,
        earned_weight,
        sum(case when known_weight > 0 then weight else 0 end) over (partition by run_id) as graded_weight
    from surface_totals

),

check_points as (

    select
        judged_checks.run_id,
        judged_checks.surface,
        judged_checks.check_id,
        judged_checks.status,
        surface_shares.is_graded_beside,
        cast(
            round(
                case
                    when judged_checks.share is null then 0.0
                    when surface_shares.is_graded_beside
                        then 100.0 * judged_checks.weight / surface_shares.known_weight * (1 - judged_checks.share)
                    else
                        100.0 * surface_shares.weight / surface_shares.graded_weight
                        * judged_checks.weight / surface_shares.known_weight * (1 - judged_checks.share)
                end,
                4
            ) as {{ type_double() }}
        ) as points
    from judged_checks
    inner join surface_shares
        on judged_checks.run_id = surface_shares.run_id
        and judged_checks.surface = surface_shares.surface

),

surface_points as (

    select
        run_id,
        surface,
        {{ collect_points_lost() }} as points_lost
    from check_points
    group by
        run_id,
        surface

),

overall_points as (

    select
        run_id,
        {{ collect_points_lost() }} as points_lost
    from check_points
    where not is_graded_beside
    group by run_id

),

surface_scores as (

    select
        surface_shares.run_id,
        surface_shares.surface,
        surface_shares.weight,
        surface_shares.is_graded_beside,
        case
            when surface_shares.known_weight > 0
                then round(100.0 * surface_shares.earned_weight / surface_shares.known_weight, 4)
        end as score,
        case
            when surface_shares.total_weight > 0
                then round(1.0 * surface_shares.known_weight / surface_shares.total_weight, 4)
            else 0.0
        end as coverage,
        surface_points.points_lost
    from surface_shares
    inner join surface_points
        on surface_shares.run_id = surface_points.run_id
        and surface_shares.surface = surface_points.surface

),

overall_totals as (

    select
        run_id,
        sum(weight) as weight,
        sum(case when score is not null then weight else 0 end) as graded_weight,
        sum(weight * score) as weighted_score,
        sum(weight * coverage) as weighted_coverage
    from surface_scores
    where not is_graded_beside
    group by run_id

),

caps as (

    select
        check_statuses.run_id,
        string_agg(
            check_statuses.check_id, ', ' order by surfaces.weight desc, check_statuses.check_id
        ) as cap_reason
    from check_statuses
    inner join thresholds
        on check_statuses.check_id = thresholds.check_id
    inner join surfaces
        on thresholds.surface = surfaces.surface
    where
        check_statuses.status = 'fail'
        and thresholds.is_critical
    group by check_statuses.run_id

),

overall_scores as (

    select
        overall_totals.run_id,
        overall_totals.weight,
        case
            when overall_totals.graded_weight > 0
                then round(overall_totals.weighted_score / overall_totals.graded_weight, 4)
        end as score,
        round(overall_totals.weighted_coverage / overall_totals.weight, 4) as coverage,
        caps.cap_reason,
        overall_points.points_lost
    from overall_totals
    inner join overall_points
        on overall_totals.run_id = overall_points.run_id
    left join caps
        on overall_totals.run_id = caps.run_id

),

combined as (

    select
        run_id,
        surface,
        weight,
        score,
        coverage,
        {{ score_grade('score') }} as grade,
        is_graded_beside,
        cast(null as {{ type_text() }}) as cap_reason,
        points_lost
    from surface_scores
    union all
    select
        run_id,
        'overall' as surface,
        weight,
        score,
        coverage,
        case
            when cap_reason is not null and score >= 60 then 'D'
            else {{ score_grade('score') }}
        end as grade,
        false as is_graded_beside,
        cap_reason,
        points_lost
    from overall_scores

)

select
    combined.run_id,
    runs.run_at,
    runs.window_end,
    combined.surface,
    cast(combined.weight as {{ type_integer() }}) as weight,
    cast(combined.score as {{ type_double() }}) as score,
    cast(combined.coverage as {{ type_double() }}) as coverage,
    combined.grade,
    combined.is_graded_beside,
    combined.cap_reason,
    combined.points_lost
from combined
inner join runs
    on combined.run_id = runs.run_id
