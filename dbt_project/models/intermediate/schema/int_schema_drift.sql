-- Grain: one row per date, source, event, path and change that differs from the contract of its date.
{%- set required_share = 0.95 -%}
{%- set minimum_rows = 20 %}

with

profile as (

    select
        source, event_date, event_name, kind, path, export_kind, family,
        event_rows, path_rows, text_rows, number_rows, event_value
    from {{ ref('int_schema_profile') }}

),

contract as (

    select
        source, kind, event_name, path, family, presence_share, baseline_rows,
        absent_in, is_required, version, valid_from, valid_until, judged_after
    from {{ ref('int_schema_contract') }}
    where not is_absent

),

-- Columns: a new or lost record is one difference, not one per nested field.
unknown_columns as (

    select profile.source, profile.event_date, profile.path, profile.event_rows, profile.family
    from profile
    left join contract
        on
            profile.source = contract.source
            and contract.kind = 'column'
            and profile.path = contract.path
            and profile.event_date >= contract.valid_from
            and profile.event_date < contract.valid_until
    where profile.kind = 'column' and contract.path is null

),

added_columns as (

    select unknown_columns.*
    from unknown_columns
    left join unknown_columns as parents
        on
            unknown_columns.source = parents.source
            and unknown_columns.event_date = parents.event_date
            and {{ parent_path('unknown_columns.path') }} = parents.path
    where parents.path is null

),

column_days as (

    select
        source,
        event_date,
        max(export_kind) as export_kind,
        max(event_rows) as event_rows
    from profile
    where kind = 'column'
    group by source, event_date

),

first_seen as (

    select source, path, min(event_date) as first_date
    from profile
    where kind = 'column'
    group by source, path

),

missing_columns as (

    select
        column_days.source,
        column_days.event_date,
        contract.path,
        contract.family,
        column_days.event_rows
    from column_days
    inner join contract
        on
            column_days.source = contract.source
            and contract.kind = 'column'
            and column_days.event_date >= contract.valid_from
            and column_days.event_date < contract.valid_until
    left join first_seen
        on contract.source = first_seen.source and contract.path = first_seen.path
    left join profile
        on
            column_days.source = profile.source
            and column_days.event_date = profile.event_date
            and profile.kind = 'column'
            and contract.path = profile.path
    where
        profile.path is null
        -- A shard older than a column is no loss of it; what every export has is missed from the first shard on.
        and (contract.is_required or first_seen.first_date < column_days.event_date)
        and not (column_days.export_kind <> '' and contract.absent_in like '%' || column_days.export_kind || '%')

),

removed_columns as (

    select missing_columns.*
    from missing_columns
    left join missing_columns as parents
        on
            missing_columns.source = parents.source
            and missing_columns.event_date = parents.event_date
            and {{ parent_path('missing_columns.path') }} = parents.path
    where parents.path is null

),

judged_events as (

    select
        profile.source,
        profile.event_date,
        profile.event_name,
        profile.event_rows,
        profile.event_value
    from profile
    inner join contract
        on
            profile.source = contract.source
            and contract.kind = 'event'
            and profile.event_name = contract.event_name
            and profile.event_date >= contract.valid_from
            and profile.event_date < contract.valid_until
    where profile.kind = 'event' and profile.event_date > contract.judged_after

),

expected_keys as (

    select
        judged_events.source,
        judged_events.event_date,
        judged_events.event_name,
        judged_events.event_value,
        contract.kind,
        contract.path,
        contract.family as expected_family,
        contract.presence_share,
        contract.baseline_rows,
        coalesce(profile.event_rows, judged_events.event_rows) as event_rows,
        coalesce(profile.path_rows, 0) as path_rows,
        coalesce(profile.text_rows, 0) as text_rows,
        coalesce(profile.number_rows, 0) as number_rows
    from judged_events
    inner join contract
        on
            judged_events.source = contract.source
            and judged_events.event_name = contract.event_name
            and contract.kind in ('parameter', 'payload', 'value')
            and judged_events.event_date >= contract.valid_from
            and judged_events.event_date < contract.valid_until
    left join profile
        on
            judged_events.source = profile.source
            and judged_events.event_date = profile.event_date
            and judged_events.event_name = profile.event_name
            and contract.path = profile.path
            and contract.kind = profile.kind
    -- A field inside items is judged on the rows that have items; without any there is nothing to judge.
    where not (contract.kind = 'value' and profile.path is null)

),

unexpected_keys as (

    select
        profile.source,
        profile.event_date,
        profile.event_name,
        profile.path,
        profile.family,
        profile.event_rows,
        profile.path_rows,
        judged_events.event_value
    from profile
    inner join judged_events
        on
            profile.source = judged_events.source
            and profile.event_date = judged_events.event_date
            and profile.event_name = judged_events.event_name
    left join expected_keys
        on
            profile.source = expected_keys.source
            and profile.event_date = expected_keys.event_date
            and profile.event_name = expected_keys.event_name
            and profile.path = expected_keys.path
            and expected_keys.baseline_rows > 0
    where
        profile.kind in ('parameter', 'payload', 'value')
        and expected_keys.path is null
        and profile.path_rows >= {{ minimum_rows }}

),

differences as (

    select
        source, event_date, '' as event_name, path, 'column' as kind, 'added' as change,
        'absent' as expected, case when family = '' then 'present' else family end as observed,
        event_rows as rows_affected, event_rows, cast(null as {{ type_money() }}) as event_value
    from added_columns

    union all
    select
        source, event_date, '', path, 'column', 'removed',
        case when family = '' then 'present' else family end, 'absent',
        event_rows, event_rows, null
    from removed_columns

    union all
    select
        profile.source, profile.event_date, '', profile.path, 'column', 'retyped',
        contract.family, profile.family, profile.event_rows, profile.event_rows, null
    from profile
    inner join contract
        on
            profile.source = contract.source
            and contract.kind = 'column'
            and profile.path = contract.path
            and profile.event_date >= contract.valid_from
            and profile.event_date < contract.valid_until
    where
        profile.kind = 'column'
        and profile.family <> ''
        and contract.family <> ''
        and profile.family <> contract.family

    union all
    select
        source, event_date, event_name, path, 'parameter', 'added', 'absent',
        case when family = '' then 'present' else family end, path_rows, event_rows, event_value
    from unexpected_keys

    union all
    select
        source, event_date, event_name, path, 'parameter', 'slot_flipped', expected_family,
        case when expected_family = 'text' then 'number' else 'text' end,
        case when expected_family = 'text' then number_rows else text_rows end, event_rows, event_value
    from expected_keys
    where
        kind = 'parameter'
        and expected_family <> ''
        and (case when expected_family = 'text' then number_rows else text_rows end) * 2 > path_rows

    union all
    select
        source, event_date, event_name, path, 'parameter', 'presence_dropped',
        'on ' || {{ as_text('cast(floor(presence_share * 100) as ' ~ type_integer() ~ ')') }} || ' % of rows',
        'on ' || {{ as_text('cast(floor(100 * path_rows / event_rows) as ' ~ type_integer() ~ ')') }} || ' % of rows',
        event_rows - path_rows, event_rows, event_value
    from expected_keys
    where
        presence_share >= {{ required_share }}
        and event_rows >= {{ minimum_rows }}
        and path_rows < presence_share * event_rows / 2

    union all
    select
        source, event_date, event_name, path, 'parameter', 'removed',
        'on ' || {{ as_text('cast(floor(presence_share * 100) as ' ~ type_integer() ~ ')') }} || ' % of rows', 'absent',
        event_rows, event_rows, event_value
    from expected_keys
    where
        presence_share < {{ required_share }}
        and path_rows = 0
        and presence_share * event_rows >= {{ minimum_rows }}

),

-- The same loss seen in the parameter and in the column that GA4 fills from it is one difference.
lost_parameters as (

    select source, event_date, event_name, path
    from differences
    where change in ('presence_dropped', 'removed')

),

separate as (

    select differences.*
    from differences
    left join lost_parameters
        on
            differences.source = lost_parameters.source
            and differences.event_date = lost_parameters.event_date
            and differences.event_name = lost_parameters.event_name
            and differences.change in ('presence_dropped', 'removed')
            and (
                (differences.path = 'ecommerce.transaction_id' and lost_parameters.path = 'event_params.transaction_id')
                or (differences.path = 'ecommerce.purchase_revenue' and lost_parameters.path = 'event_params.value')
            )
    where lost_parameters.path is null

),

versions as (

    select source, max(version) as contract_version
    from {{ ref('int_schema_contract') }}
    group by source

),

dated as (

    select
        separate.*,
        min(event_date) over (partition by source, event_name, path, change) as first_date
    from separate

),

described as (

    select
        dated.event_date,
        dated.source,
        dated.event_name,
        dated.path,
        dated.change,
        dated.expected,
        dated.observed,
        dated.change <> 'added' as is_breaking,
        cast(dated.rows_affected as {{ type_integer() }}) as rows_affected,
        {{ money('dated.event_value * dated.rows_affected / nullif(dated.event_rows, 0)') }} as value_affected,
        releases.release_name as release,
        versions.contract_version,
        dated.first_date
    from dated
    inner join versions on dated.source = versions.source
    left join {{ ref('int_schema_releases') }} as releases on dated.first_date = releases.event_date

)

select * from described
