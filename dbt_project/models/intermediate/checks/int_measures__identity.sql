-- Grain: one row per identity or click survival check and dimension.
with

conversions as (

    select * from {{ ref('int_reconciled_events') }} where is_conversion and not is_test

),

findings as (

    select check_id, event_date, dataset_id, dimension from {{ ref('int_findings__identity') }}

),

counts as (

    select 'canonical_id_missing' as check_id, event_date, canonical_event, dataset_id, 0 as numerator, 1 as denominator
    from conversions
    where not is_denied
    union all
    select 'canonical_id_conflict', event_date, canonical_event, dataset_id, case when has_identity_conflict then 1 else 0 end, 1
    from conversions
    union all
    select 'canonical_id_missing', event_date, replace(dimension, 'canonical_event=', ''), dataset_id, 1, 0
    from findings
    where check_id = 'canonical_id_missing'
    union all
    select
        'click_id_lost', event_date, canonical_event, dataset_id,
        case when has_click_id then 0 else 1 end, 1
    from {{ ref('int_click_survival') }}

),

{{ roll_up_measures('counts', ['canonical_id_missing', 'canonical_id_conflict', 'click_id_lost'], flag(setting('has_ga4') or setting('has_capi'))) }}

select {{ measure_columns() }} from measured
