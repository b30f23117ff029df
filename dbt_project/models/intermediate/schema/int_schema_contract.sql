-- Grain: one row per source, event and path for each span of dates: what the newest contract that covers them expects.
-- A source without any contract gets version 1 here; the run writes it down after the build.
with

profile as (

    select source, event_date, event_name, kind, path, family, event_rows, path_rows, text_rows, number_rows
    from {{ ref('int_schema_profile') }}

),

accepted as (

    select
        source, version, kind, event_name, path, family, presence_share, baseline_rows,
        absent_in, is_required, is_absent, valid_from, judged_after
    from {{ source('ops', 'schema_contract_entries') }}

),

known_sources as (

    select distinct source from {{ source('ops', 'schema_contracts') }}

),

unknown_dates as (

    select
        profile.source,
        profile.event_date,
        dense_rank() over (partition by profile.source order by profile.event_date) as position
    from profile
    left join known_sources on profile.source = known_sources.source
    where known_sources.source is null
    group by profile.source, profile.event_date

),

baseline_dates as (

    select
        source,
        event_date,
        max(event_date) over (partition by source) as baseline_until
    from unknown_dates
    where position <= 3

),

baseline_rows as (

    select
        profile.source,
        profile.kind,
        profile.event_name,
        profile.path,
        max(baseline_dates.baseline_until) as baseline_until,
        max(profile.family) as any_family,
        sum(profile.path_rows) as path_rows,
        sum(profile.event_rows) as denominator_rows,
        sum(profile.text_rows) as text_rows,
        sum(profile.number_rows) as number_rows
    from profile
    inner join baseline_dates
        on profile.source = baseline_dates.source and profile.event_date = baseline_dates.event_date
    group by profile.source, profile.kind, profile.event_name, profile.path

),

baseline_events as (

    select source, event_name, denominator_rows as event_rows from baseline_rows where kind = 'event'

),

-- A key's share is of all baseline rows of its event, also of the dates on which the key was not seen.
learned as (

    select
        baseline_rows.source,
        1 as version,
        baseline_rows.kind,
        baseline_rows.event_name,
        baseline_rows.path,
        case
            when baseline_rows.kind = 'column' then baseline_rows.any_family
            when baseline_rows.kind <> 'parameter' then ''
            when baseline_rows.text_rows * 2 > baseline_rows.path_rows then 'text'
            when baseline_rows.number_rows * 2 > baseline_rows.path_rows then 'number'
            else ''
        end as family,
        case
            when baseline_rows.kind in ('parameter', 'payload') then baseline_rows.path_rows / nullif(baseline_events.event_rows, 0)
            when baseline_rows.kind = 'value' then baseline_rows.path_rows / nullif(baseline_rows.denominator_rows, 0)
            else 1
        end as presence_share,
        baseline_rows.path_rows as baseline_rows,
        '' as absent_in,
        false as is_required,
        false as is_absent,
        cast('0001-01-01' as date) as valid_from,
        case when baseline_rows.kind = 'column' then cast('0001-01-01' as date) else baseline_rows.baseline_until end as judged_after
    from baseline_rows
    left join baseline_events
        on baseline_rows.source = baseline_events.source and baseline_rows.event_name = baseline_events.event_name
    where not (baseline_rows.source = 'ga4' and baseline_rows.kind = 'column')

),

shipped as (

    select
        'ga4' as source,
        1 as version,
        'column' as kind,
        '' as event_name,
        path,
        family,
        1 as presence_share,
        0 as baseline_rows,
        coalesce(absent_in, '') as absent_in,
        is_required,
        false as is_absent,
        cast('0001-01-01' as date) as valid_from,
        cast('0001-01-01' as date) as judged_after
    from {{ ref('ga4_export_columns') }}
    where exists (select 1 from baseline_dates where source = 'ga4')

),

entries as (

    select
        source, version, kind, event_name, path, family, presence_share, baseline_rows,
        absent_in, is_required, is_absent, valid_from, judged_after
    from accepted
    union all
    select
        source, version, kind, event_name, path, family, presence_share, baseline_rows,
        absent_in, is_required, is_absent, valid_from, judged_after
    from learned
    union all
    select
        source, version, kind, event_name, path, family, presence_share, baseline_rows,
        absent_in, is_required, is_absent, valid_from, judged_after
    from shipped

),

newest as (

    select
        *,
        row_number() over (partition by source, event_name, path, valid_from order by version desc) as recency
    from entries

),

spans as (

    select
        source,
        cast(version as {{ type_integer() }}) as version,
        kind,
        event_name,
        path,
        family,
        cast(presence_share as {{ type_double() }}) as presence_share,
        cast(baseline_rows as {{ type_integer() }}) as baseline_rows,
        absent_in,
        is_required,
        is_absent,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by source, event_name, path order by valid_from),
            cast('9999-12-31' as date)
        ) as valid_until,
        judged_after
    from newest
    where recency = 1

)

select * from spans
