-- Grain: one row per date, kind and name of a GA4 event or parameter that the taxonomy does not know.
{%- set prefix = setting('custom_prefix') %}

with

profile as (

    select event_date, event_name, kind, path, event_rows, path_rows
    from {{ ref('int_schema_profile') }}
    where source = 'ga4' and kind in ('event', 'parameter')

),

events as (

    select ga4_name from {{ ref('int_event_taxonomy') }}

),

parameters as (

    select parameter_name from {{ ref('parameter_taxonomy') }}
    {%- for name in setting('taxonomy_parameters') + setting('event_id_params') + ([setting('schema_version_param')] if setting('schema_version_param') else []) %}
    union distinct
    select {{ quoted(name) }}
    {%- endfor %}

),

unknown_events as (

    select
        profile.event_date,
        'event' as kind,
        profile.event_name as name,
        case
            when lower_events.ga4_name is not null or profile.event_name <> lower(profile.event_name) then 'wrong_case'
            else 'unknown_event'
        end as defect,
        profile.event_rows as row_count
    from profile
    left join events on profile.event_name = events.ga4_name
    left join events as lower_events on lower(profile.event_name) = lower_events.ga4_name
    where
        profile.kind = 'event'
        and events.ga4_name is null
        {%- if prefix %}
        and not starts_with(profile.event_name, {{ quoted(prefix) }})
        {%- endif %}

),

seen_parameters as (

    select
        event_date,
        substr(path, length('event_params.') + 1) as name,
        sum(path_rows) as row_count
    from profile
    where kind = 'parameter'
    group by event_date, substr(path, length('event_params.') + 1)

),

unknown_parameters as (

    select
        seen_parameters.event_date,
        'parameter' as kind,
        seen_parameters.name,
        case when seen_parameters.name <> lower(seen_parameters.name) then 'wrong_case' else 'not_namespaced' end as defect,
        seen_parameters.row_count
    from seen_parameters
    left join parameters on seen_parameters.name = parameters.parameter_name
    where
        parameters.parameter_name is null
        {%- if prefix %}
        and not starts_with(seen_parameters.name, {{ quoted(prefix) }})
        {%- else %}
        and seen_parameters.name <> lower(seen_parameters.name)
        {%- endif %}

),

named as (

    select event_date, kind, name, defect, row_count from unknown_events
    union all
    select event_date, kind, name, defect, row_count from unknown_parameters

    {%- if setting('schema_version_param') %}
    union all
    select
        profile.event_date,
        'schema_version',
        {{ quoted(setting('schema_version_param')) }},
        'schema_version_missing',
        sum(profile.event_rows - coalesce(versioned.path_rows, 0))
    from profile
    left join profile as versioned
        on
            profile.event_date = versioned.event_date
            and profile.event_name = versioned.event_name
            and versioned.path = {{ quoted('event_params.' ~ setting('schema_version_param')) }}
    where profile.kind = 'event'
    group by profile.event_date
    having sum(profile.event_rows - coalesce(versioned.path_rows, 0)) > 0
    {%- endif %}

)

select * from named
