-- Grain: one row per check, date (null for the window) and dimension: freshness, volume and completeness of loads.
{%- set configured = [] -%}
{%- for source in ['ga4', 'capi', 'crm', 'consent'] if setting('has_' ~ source) %}{% do configured.append(source) %}{% endfor %}

with

measured_at as (

    select least({{ as_of() }}, {{ local_midnight(window_end(2)) }}) as reference_at

),

limits as (

    select source, pass_hours, warn_hours from {{ ref('freshness_limits') }}
    where source in ('none'{% for source in configured %}, '{{ source }}'{% endfor %})

),

newest as (

    select
        limits.source,
        max(limits.pass_hours) as pass_hours,
        max(limits.warn_hours) as warn_hours,
        max(least(volumes.newest_at, measured_at.reference_at)) as newest_at,
        max(measured_at.reference_at) as reference_at
    from limits
    cross join measured_at
    inner join {{ ref('int_source_volumes') }} as volumes on limits.source = volumes.source
    where volumes.event_date <= {{ window_end(1) }}
    group by limits.source

),

ages as (

    select
        source,
        pass_hours,
        warn_hours,
        {{ seconds_between('newest_at', 'reference_at') }} / 3600 as age_hours
    from newest

),

fresh as (

    select
        source,
        case when age_hours <= pass_hours then 1.0 when age_hours <= warn_hours then 0.5 else 0.0 end as value,
        cast(floor(age_hours) as {{ type_integer() }}) as age_hours,
        cast(pass_hours as {{ type_integer() }}) as pass_hours
    from ages

),

bands as (

    select source, event_date, metric, canonical_event, observed, expected, history_days, verdict
    from {{ ref('int_volume_bands') }}

),

loads as (

    select
        count(*) as file_count
    from {{ source('landing', 'load_ledger') }}

),

incomplete as (

    select count(*) as finding_count from {{ ref('int_findings__freshness') }}

),

measured as (

    select
        'source_freshness' as check_id,
        cast(null as date) as event_date,
        'all' as dimension,
        min(value) as value,
        max(age_hours) as numerator,
        cast(null as {{ type_integer() }}) as denominator,
        count(*) > 0 as has_input
    from fresh

    union all
    select 'source_freshness', null, 'source=' || source, value, age_hours, pass_hours, true
    from fresh

    union all
    select 'volume_anomaly', null, 'all', min(verdict), null, max(history_days), count(*) > 0
    from bands

    -- A source's totals are always shown, single events only where they left their band.
    union all
    select
        'volume_anomaly',
        event_date,
        'source=' || source || ',metric=' || metric || case when canonical_event = '' then '' else ',canonical_event=' || canonical_event end,
        verdict,
        cast(round(observed) as {{ type_integer() }}),
        cast(round(expected) as {{ type_integer() }}),
        true
    from bands
    where canonical_event = '' or verdict < 1

    union all
    select 'load_completeness', null, 'all', incomplete.finding_count, incomplete.finding_count, loads.file_count, loads.file_count > 0
    from loads
    cross join incomplete

),

shaped as (

    select
        check_id,
        event_date,
        dimension,
        cast(null as {{ type_text() }}) as dataset_id,
        cast(value as {{ type_double() }}) as value,
        cast(numerator as {{ type_integer() }}) as numerator,
        cast(denominator as {{ type_integer() }}) as denominator,
        coalesce(has_input, false) as has_input
    from measured

)

select * from shaped
