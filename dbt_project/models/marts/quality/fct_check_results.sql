-- Grain: one row per run, check and dimension.
with

measures as (

    {% for family in check_families() + ['emq', 'stack'] %}
    select {{ measure_columns() }} from {{ ref('int_measures__' ~ family) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

thresholds as (

    select check_id, surface, kind, pass_bound, warn_bound, upper_bound, heals_late, is_rate
    from {{ ref('checks') }}

),

valued as (

    select
        thresholds.check_id,
        thresholds.surface,
        thresholds.kind,
        thresholds.pass_bound,
        thresholds.warn_bound,
        thresholds.upper_bound,
        thresholds.heals_late,
        measures.event_date,
        coalesce(measures.dimension, 'all') as dimension,
        coalesce(measures.has_input, false) as has_input,
        coalesce(
            measures.value,
            case
                when thresholds.kind = 'zero' then cast(measures.numerator as {{ type_double() }})
                when thresholds.is_rate then {{ rate('measures.numerator', 'measures.denominator') }}
            end
        ) as value,
        coalesce(measures.numerator, 0) as numerator,
        coalesce(measures.denominator, 0) as denominator,
        thresholds.is_rate,
        {{ is_final("coalesce(measures.event_date, " ~ window_end() ~ ")") }} as is_final
    from thresholds
    left join measures on thresholds.check_id = measures.check_id

),

judged as (

    select
        *,
        {{ check_status() }} as band
    from valued

),

results as (

    select
        '{{ setting("run_id") }}' as run_id,
        {{ as_of() }} as run_at,
        {{ window_start() }} as window_start,
        {{ window_end() }} as window_end,
        check_id,
        surface,
        event_date,
        dimension,
        value,
        numerator,
        denominator,
        case when is_rate and kind like 'share%' then {{ wilson('numerator', 'denominator', 'low') }} end as interval_low,
        case when is_rate and kind like 'share%' then {{ wilson('numerator', 'denominator', 'high') }} end as interval_high,
        case when band = 'fail' and heals_late and not is_final then 'warn' else band end as status,
        kind as threshold_kind,
        cast(pass_bound as {{ type_double() }}) as pass_bound,
        cast(warn_bound as {{ type_double() }}) as warn_bound,
        cast(upper_bound as {{ type_double() }}) as upper_bound,
        cast({{ setting('min_n') }} as {{ type_integer() }}) as min_n,
        is_final
    from judged

)

select * from results
