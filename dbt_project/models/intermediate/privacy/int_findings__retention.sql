-- Grain: one table and date of rows with personal references older than the policy, or one overdue erasure request.
{%- set limit_days = setting('delivery_log_days') %}
with

aged as (

    {% for relation in ['capi_gtms', 'capi_request_response', 'capi_dataflow_dlq', 'capi_gateway_audit'] %}
    select 'landing.{{ relation }}' as table_name, {{ local_date('logged_at') }} as row_date, count(*) as row_count
    from {{ source('landing', relation) }}
    where logged_at < {{ local_midnight(add_days(local_date(as_of()), '-' ~ limit_days)) }}
    group by {{ local_date('logged_at') }}
    union all
    {% endfor %}
    select 'marts.fct_deliveries' as table_name, event_date as row_date, count(*) as row_count
    from {{ source('published', 'fct_deliveries') }}
    where
        event_date < {{ add_days(local_date(as_of()), '-' ~ limit_days) }}
        and coalesce(canonical_id, event_id, order_id, request_id) is not null
    group by event_date
    union all
    select 'marts.fct_reconciled_events' as table_name, event_date as row_date, count(*) as row_count
    from {{ source('published', 'fct_reconciled_events') }}
    where
        event_date < {{ add_days(local_date(as_of()), '-' ~ limit_days) }}
        and coalesce(canonical_id, order_id, client_event_id, server_event_id) is not null
    group by event_date

),

overdue_requests as (

    select request_id, due_at
    from {{ source('ops', 'erasure_requests') }}
    where completed_at is null and due_at < {{ as_of() }}

),

findings as (

    select
        'retention_overdue' as check_id,
        {{ local_date(as_of()) }} as event_date,
        'table' as entity_type,
        table_name as entity_id,
        {{ as_text('row_date') }} as field_path,
        'older than {{ limit_days }} days' as evidence,
        cast(row_count as {{ type_integer() }}) as occurrences
    from aged
    union all
    select
        'erasure_overdue',
        {{ local_date(as_of()) }},
        'erasure_request',
        request_id,
        '',
        'due ' || {{ timestamp_text('due_at') }},
        cast(1 as {{ type_integer() }})
    from overdue_requests

),

final as (

    select
        check_id,
        event_date,
        'warehouse' as source,
        cast(null as {{ type_text() }}) as dataset_id,
        entity_type,
        entity_id,
        field_path,
        '' as defect,
        '' as dimension,
        evidence,
        occurrences,
        cast(null as {{ type_money() }}) as value_at_risk,
        cast(null as {{ type_text() }}) as currency
    from findings

)

select {{ finding_columns() }} from final
