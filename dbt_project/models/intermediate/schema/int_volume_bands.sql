-- Grain: one row per date of the window, source, metric and canonical event: the count and the band its own past allows.
{#- The band is never narrower than a fifth, than 3 robust deviations, or than chance allows at this size. -#}
{%- set least_half_width = 0.2 -%}
{%- set most_half_width = 0.9 -%}
{#- A rise is wide news before it is bad news: campaigns and sales are no fault of the tracking. -#}
{%- set rise_factor = 1.5 -%}
{%- set least_rise = 0.5 -%}
{%- set holiday_half_width = 0.75 -%}
{%- set deviations = 3 -%}
{%- set history_days = 63 -%}
{%- set needed_days = 14 -%}
{#- Below four weeks the deviation itself is uncertain. -#}
{%- set settled_days = 28 -%}
{%- set young_factor = 1.3 %}

with

observed as (

    select source, metric, canonical_event, event_date, value
    from {{ ref('int_source_volumes') }}
    where
        event_date between {{ window_start(-63) }} and {{ window_end() }}
        and metric <> 'decisions'

),

data_days as (

    select
        source,
        event_date,
        event_date in ({{ date_list(setting('holidays', [])) }}) as is_holiday
    from observed
    group by source, event_date

),

source_spans as (

    select source, min(event_date) as first_date, max(event_date) as last_date
    from data_days
    group by source

),

series as (

    select distinct source, metric, canonical_event from observed

),

-- A date on which the source had data but not this event counts as zero.
history as (

    select
        series.source,
        series.metric,
        series.canonical_event,
        data_days.event_date,
        {{ iso_weekday('data_days.event_date') }} as weekday,
        coalesce(observed.value, 0) as value,
        row_number() over (
            partition by series.source, series.metric, series.canonical_event
            order by data_days.event_date
        ) as position
    from series
    inner join data_days on series.source = data_days.source and not data_days.is_holiday
    left join observed
        on
            series.source = observed.source
            and series.metric = observed.metric
            and series.canonical_event = observed.canonical_event
            and data_days.event_date = observed.event_date

),

-- The level of a date is the median of the fourteen before it: it follows a trend and ignores single bad days.
levels as (

    select
        history.source,
        history.metric,
        history.canonical_event,
        history.event_date,
        history.weekday,
        history.position,
        history.value,
        {{ median_of('earlier.value') }} as level
    from history
    inner join history as earlier
        on
            history.source = earlier.source
            and history.metric = earlier.metric
            and history.canonical_event = earlier.canonical_event
            and (
                earlier.position between history.position - 14 and history.position - 1
                or (history.position <= 14 and earlier.position <= 14)
            )
    group by
        history.source, history.metric, history.canonical_event, history.event_date,
        history.weekday, history.position, history.value

),

window_dates as (

    {% set first = modules.datetime.date.fromisoformat(setting('start_date')) -%}
    {%- set last = modules.datetime.date.fromisoformat(setting('end_date')) -%}
    {%- for days in range((last - first).days + 1) %}
    select {{ window_start(days) }} as event_date {{ 'union all' if not loop.last }}
    {%- endfor %}

),

tested as (

    select
        series.source,
        series.metric,
        series.canonical_event,
        window_dates.event_date,
        {{ iso_weekday('window_dates.event_date') }} as weekday,
        window_dates.event_date in ({{ date_list(setting('holidays', [])) }}) as is_holiday,
        coalesce(observed.value, 0) as value
    from window_dates
    inner join source_spans
        on window_dates.event_date between source_spans.first_date and source_spans.last_date
    inner join series on source_spans.source = series.source
    left join observed
        on
            series.source = observed.source
            and series.metric = observed.metric
            and series.canonical_event = observed.canonical_event
            and window_dates.event_date = observed.event_date

),

history_sizes as (

    select
        window_dates.event_date,
        data_days.source,
        count(*) as history_days
    from window_dates
    inner join data_days
        on
            data_days.event_date < window_dates.event_date
            and data_days.event_date >= {{ add_days('window_dates.event_date', -history_days) }}
    group by window_dates.event_date, data_days.source

),

-- Nothing of the date under test enters its own band.
past as (

    select
        tested.source,
        tested.metric,
        tested.canonical_event,
        tested.event_date,
        tested.weekday,
        levels.weekday as past_weekday,
        levels.value as past_value,
        case when levels.level > 0 then levels.value / levels.level end as ratio,
        row_number() over (
            partition by tested.source, tested.metric, tested.canonical_event, tested.event_date
            order by levels.position desc
        ) as age,
        row_number() over (
            partition by tested.source, tested.metric, tested.canonical_event, tested.event_date, levels.weekday
            order by levels.position desc
        ) as weekday_age
    from tested
    inner join levels
        on
            tested.source = levels.source
            and tested.metric = levels.metric
            and tested.canonical_event = levels.canonical_event
            and levels.event_date < tested.event_date
            and levels.event_date >= {{ add_days('tested.event_date', -history_days) }}

),

current_levels as (

    select source, metric, canonical_event, event_date, {{ median_of('past_value') }} as level
    from past
    where age <= 14
    group by source, metric, canonical_event, event_date

),

weekday_ratios as (

    select
        source, metric, canonical_event, event_date, past_weekday,
        {{ median_of('ratio') }} as ratio,
        count(ratio) as sample_count
    from past
    where weekday_age <= 8
    group by source, metric, canonical_event, event_date, past_weekday

),

-- Workdays resemble workdays: with fewer than four of one weekday, its day type speaks too.
day_type_ratios as (

    select
        source, metric, canonical_event, event_date,
        {{ median_of('ratio') }} as ratio
    from past
    where (past_weekday >= 6) = (weekday >= 6)
    group by source, metric, canonical_event, event_date

),

-- How far a date lies from the same weekday before it, free of season and trend.
weekday_changes as (

    select
        source, metric, canonical_event, event_date,
        ratio / nullif(lead(ratio) over (
            partition by source, metric, canonical_event, event_date, past_weekday
            order by weekday_age
        ), 0) - 1 as change
    from past

),

spreads as (

    select
        source, metric, canonical_event, event_date,
        {{ median_of('abs(change)') }} / sqrt(2) as spread
    from weekday_changes
    where change is not null
    group by source, metric, canonical_event, event_date

),

expected as (

    select
        tested.source,
        tested.metric,
        tested.canonical_event,
        tested.event_date,
        tested.value,
        tested.is_holiday,
        coalesce(history_sizes.history_days, 0) as history_days,
        current_levels.level * weekday_ratios.ratio as weekday_expected,
        case
            when weekday_ratios.sample_count < 4 then current_levels.level * day_type_ratios.ratio
            else current_levels.level * weekday_ratios.ratio
        end as day_type_expected,
        1.4826 * spreads.spread as deviation
    from tested
    left join history_sizes
        on tested.source = history_sizes.source and tested.event_date = history_sizes.event_date
    left join current_levels
        on
            tested.source = current_levels.source
            and tested.metric = current_levels.metric
            and tested.canonical_event = current_levels.canonical_event
            and tested.event_date = current_levels.event_date
    left join weekday_ratios
        on
            tested.source = weekday_ratios.source
            and tested.metric = weekday_ratios.metric
            and tested.canonical_event = weekday_ratios.canonical_event
            and tested.event_date = weekday_ratios.event_date
            and tested.weekday = weekday_ratios.past_weekday
    left join day_type_ratios
        on
            tested.source = day_type_ratios.source
            and tested.metric = day_type_ratios.metric
            and tested.canonical_event = day_type_ratios.canonical_event
            and tested.event_date = day_type_ratios.event_date
    left join spreads
        on
            tested.source = spreads.source
            and tested.metric = spreads.metric
            and tested.canonical_event = spreads.canonical_event
            and tested.event_date = spreads.event_date

),

centred as (

    select
        source, metric, canonical_event, event_date, value, is_holiday, history_days,
        least(coalesce(weekday_expected, day_type_expected), coalesce(day_type_expected, weekday_expected)) as low_expected,
        greatest(coalesce(weekday_expected, day_type_expected), coalesce(day_type_expected, weekday_expected)) as high_expected,
        coalesce(deviation, 0) as deviation
    from expected

),

widths as (

    select
        *,
        greatest(
            {{ least_half_width }},
            case when is_holiday then {{ holiday_half_width }} else 0 end,
            {{ deviations }} * deviation * case when history_days < {{ settled_days }} then {{ young_factor }} else 1 end,
            case when metric <> 'revenue' then {{ deviations }} / sqrt(greatest(low_expected, 1)) else 0 end
        ) as half_width
    from centred

),

bounded as (

    select
        *,
        low_expected * (1 - least(half_width, {{ most_half_width }})) as lower_bound,
        high_expected * (1 + greatest({{ least_rise }}, {{ rise_factor }} * half_width)) as upper_bound
    from widths

),

judged as (

    select
        source,
        event_date,
        metric,
        canonical_event,
        value as observed,
        (low_expected + high_expected) / 2 as expected,
        lower_bound,
        upper_bound,
        cast(history_days as {{ type_integer() }}) as history_days,
        case
            when history_days < {{ needed_days }} then null
            -- Without any past of its own an event can only have appeared.
            when lower_bound is null then case when value >= {{ setting('min_n') }} and metric <> 'revenue' then 0.5 end
            when metric <> 'revenue' and greatest(low_expected, value) < {{ setting('min_n') }} then null
            when value < lower_bound then 0.0
            when value > upper_bound and value >= upper_bound + {{ setting('min_n') }} then 0.5
            else 1.0
        end as verdict
    from bounded

)

select * from judged
