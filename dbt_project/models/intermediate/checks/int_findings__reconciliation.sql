-- Grain: one violating thing of the hit_ratio and dedup surfaces: check, entity, field path, defect, date.
with

reconciled as (

    select
        *,
        {{ destination_prefix('destination') }} || dataset_id || '|' || canonical_event || '|' || coalesce(server_event_id, server_order_key, server_event_key) as server_entity_id,
        canonical_event || '|' || coalesce(client_event_id, client_order_key, client_event_key) as client_entity_id
    from {{ ref('int_reconciled_events') }}

),

servers as (

    select * from {{ ref('int_server_events_dated') }} where not is_test

),

purchase_ages as (

    select
        purchases.file_name,
        purchases.row_number,
        purchases.event_date,
        purchases.event_at,
        purchases.order_id,
        purchases.value,
        purchases.currency,
        row_number() over (
            partition by purchases.order_key
            order by purchases.event_at, purchases.file_name, purchases.row_number
        ) as age_rank
    from {{ ref('int_purchase_rows') }} as purchases
    where purchases.event_date between {{ window_start(-30) }} and {{ window_end() }}

),

client_ids as (

    select
        events.event_id,
        min(events.event_date) as event_date,
        count(distinct events.canonical_event) as event_count,
        count(distinct events.order_key) as order_count
    from {{ ref('int_client_events') }} as events
    where events.event_id is not null and events.event_date between {{ window_start() }} and {{ window_end() }}
    group by events.event_id

),

server_ids as (

    select
        destination,
        dataset_id,
        event_id,
        min(event_date) as event_date,
        count(distinct coalesce(server_canonical_event, event_name)) as event_count,
        count(distinct order_key) as order_count
    from servers
    where event_id is not null
    group by destination, dataset_id, event_id

),

reused_ids as (

    select event_id, event_date, event_count, order_count, 'ga4' as source
    from client_ids
    where event_count > 1 or order_count > 1
    union all
    select event_id, event_date, event_count, order_count, 'capi' as source
    from server_ids
    where event_count > 1 or order_count > 1

),

reused as (

    select
        event_id,
        min(event_date) as event_date,
        max(event_count) as event_count,
        max(order_count) as order_count,
        min(source) as source
    from reused_ids
    group by event_id

),

findings as (

    select
        'duplicate_server' as check_id, event_date, 'capi' as source, dataset_id, 'server_event' as entity_type,
        entity_id, '' as field_path, '' as defect,
        'canonical_event=' || canonical_event as dimension,
        'accepted ' || {{ as_text('accepted_attempt_count') }} || ' times' as evidence,
        value * (accepted_attempt_count - 1) as value_at_risk, currency
    from servers
    where accepted_attempt_count > 1

    union all
    select
        'event_id_missing', event_date, 'capi', dataset_id, 'server_event', entity_id, 'event_id', '',
        'canonical_event=' || canonical_event, 'accepted without event_id', value, currency
    from servers
    where outcome = 'accepted' and event_id is null

    union all
    select
        'event_id_reused', event_date, source, cast(null as {{ type_text() }}), 'event_id', event_id, 'event_id', '', '',
        {{ as_text('order_count') }} || ' orders, ' || {{ as_text('event_count') }} || ' event names',
        cast(null as {{ type_money() }}), cast(null as {{ type_text() }})
    from reused

    union all
    select
        'timestamp_alignment', event_date, 'capi', dataset_id, 'server_event', server_entity_id, 'event_time', '',
        'canonical_event=' || canonical_event,
        {{ as_text('cast(round(abs(seconds_apart)) as ' ~ type_integer() ~ ')') }} || ' s apart', server_value, server_currency
    from reconciled
    where is_pair and abs(seconds_apart) > 300

    union all
    select
        'event_name_consistency', event_date, 'capi', dataset_id, 'server_event', server_entity_id, 'event_name', '',
        'canonical_event=' || canonical_event, 'sent under another name than ' || usual_event_name, server_value, server_currency
    from reconciled
    where is_pair and coalesce(server_canonical_event, '') <> canonical_event

    union all
    select
        'value_consistency', event_date, 'capi', dataset_id, 'server_event', server_entity_id, 'value', value_comparison,
        'canonical_event=' || canonical_event,
        'browser ' || {{ money_text('client_value') }} || ' ' || client_currency || ', server ' || {{ money_text('server_value') }} || ' ' || server_currency,
        abs(client_value - server_value), client_currency
    from reconciled
    where is_pair and value_comparison in ('defaulted', 'currency', 'value')

    union all
    select
        'crm_coverage_server', event_date, 'crm', dataset_id, 'order', order_id, 'dataset_id=' || dataset_id, '',
        'canonical_event=purchase', 'no accepted server purchase: ' || status, crm_value, crm_currency
    from reconciled
    where in_crm and is_valid_order and not is_accepted and is_owed_to_server

    union all
    select
        'crm_coverage_client', event_date, 'crm', cast(null as {{ type_text() }}), 'order', order_id, '', '',
        'canonical_event=purchase', 'no client purchase', max(crm_value), max(crm_currency)
    from reconciled
    where in_crm and is_valid_order
    group by event_date, order_id
    having max(case when in_client then 1 else 0 end) = 0

    union all
    select
        'ghost_conversion', event_date, 'capi', dataset_id, 'server_event', server_entity_id, '', '',
        'canonical_event=purchase', 'no CRM order of any status', server_value, server_currency
    from reconciled
    where is_without_order and is_final

    union all
    select
        'client_duplicate', event_date, 'ga4', cast(null as {{ type_text() }}), 'client_event',
        order_id || '|' || {{ timestamp_text('event_at') }} || case when count(*) over (partition by order_id, event_at) > 1 then '|' || {{ as_text('row_number') }} else '' end,
        '', '', 'canonical_event=purchase', 'purchase row beyond the first of its order', value, currency
    from purchase_ages
    where age_rank > 1 and event_date between {{ window_start() }} and {{ window_end() }}

    union all
    select
        'order_id_missing', event_date, 'ga4', cast(null as {{ type_text() }}), 'client_event',
        canonical_event || '|' || coalesce(event_id, file_name || ':' || {{ as_text('row_number') }}), 'transaction_id', '',
        'canonical_event=purchase', 'purchase without order id', value, currency
    from {{ ref('int_client_events') }}
    where
        canonical_event = 'purchase' and order_key is null
        and event_date between {{ window_start() }} and {{ window_end() }}

),

counted as (

    select
        check_id,
        event_date,
        source,
        dataset_id,
        entity_type,
        coalesce(entity_id, '') as entity_id,
        field_path,
        defect,
        dimension,
        evidence,
        cast(1 as {{ type_integer() }}) as occurrences,
        cast(value_at_risk as {{ type_money() }}) as value_at_risk,
        currency
    from findings

)

select {{ finding_columns() }} from counted
