-- Grain: one violating thing of the capi and pixel_debug surfaces and of secrets in logs.
with

servers as (

    select * from {{ ref('int_server_events_dated') }}

),

attempts as (

    select
        *,
        {{ server_event_key() }} as server_event_key
    from {{ ref('int_delivery_attempts') }}
    where {{ is_reconciled('destination') }}

),

rejected as (

    select
        attempts.*,
        servers.event_date as reported_date,
        servers.canonical_event as reported_event,
        servers.entity_id as server_entity_id,
        servers.accepted_attempt_count,
        row_number() over (
            partition by coalesce(attempts.request_id, attempts.answer_id, attempts.attempt_id), attempts.event_id
            order by attempts.received_at, attempts.attempt_id
        ) as ordinal
    from attempts
    inner join servers on attempts.server_event_key = servers.server_event_key
    where attempts.outcome = 'rejected' and not attempts.is_test

),

payload_rules as (

    select * from {{ ref('int_payload_rules') }}

),

broken_rules as (

    select payload_rules.*, rule
    from payload_rules
    cross join {{ unnest_as('payload_rules.broken_rules', 'rule') }}

),

test_deliveries as (

    select
        servers.entity_id,
        servers.event_date,
        servers.dataset_id,
        servers.canonical_event,
        servers.value,
        servers.currency,
        clients.client_event_key is not null as is_live_client,
        orders.order_key is not null as is_live_order
    from servers
    left join {{ ref('int_client_events') }} as clients
        on
            not clients.is_debug
            and (
                servers.event_id = clients.event_id
                or (servers.order_key = clients.order_key and clients.canonical_event = 'purchase')
            )
    left join {{ ref('int_orders_latest') }} as orders
        on servers.order_key = orders.order_key and not orders.is_test
    where servers.is_test

),

secrets as (

    {% for relation in ['capi_gtms', 'capi_request_response', 'capi_dataflow_dlq', 'capi_gateway_audit'] %}
    select 'capi' as source, file_name, row_number, {{ local_date('logged_at') }} as recorded_date, secret_field
    from {{ source('landing', relation) }} as log_rows
    cross join {{ unnest_as('log_rows.secret_fields', 'secret_field') }}
    where logged_at between {{ window_opens_at() }} and {{ window_closes_at() }}
    union all
    {% endfor %}
    select 'ga4' as source, file_name, row_number, table_date as recorded_date, secret_field
    from {{ source('landing', 'ga4_events') }} as events
    cross join {{ unnest_as('events.secret_fields', 'secret_field') }}
    where
        table_date between {{ window_start() }} and {{ window_end() }}
        and {{ list_size('events.secret_fields') }} > 0
    union all
    select 'crm' as source, file_name, row_number, {{ local_date('ordered_at') }} as recorded_date, secret_field
    from {{ source('landing', 'crm_orders') }} as orders
    cross join {{ unnest_as('orders.secret_fields', 'secret_field') }}
    where ordered_at between {{ window_opens_at() }} and {{ window_closes_at() }}
    union all
    select 'consent' as source, file_name, row_number, {{ local_date('decided_at') }} as recorded_date, secret_field
    from {{ source('landing', 'consent_log') }} as decisions
    cross join {{ unnest_as('decisions.secret_fields', 'secret_field') }}
    where decided_at between {{ window_opens_at() }} and {{ window_closes_at() }}

),

dated_attempts as (

    select attempts.file_name, attempts.row_number, min(servers.event_date) as event_date
    from attempts
    inner join servers on attempts.server_event_key = servers.server_event_key
    group by attempts.file_name, attempts.row_number

),

dated_secrets as (

    select
        secrets.source,
        secrets.file_name,
        secrets.row_number,
        secrets.secret_field,
        coalesce(dated_attempts.event_date, secrets.recorded_date) as event_date
    from secrets
    left join dated_attempts
        on
            secrets.source = 'capi'
            and secrets.file_name = dated_attempts.file_name
            and secrets.row_number = dated_attempts.row_number

),

findings as (

    select
        'delivery_rejected' as check_id, reported_date as event_date, 'capi' as source, dataset_id, 'delivery' as entity_type,
        coalesce(request_id, answer_id, attempt_id) || '|' || destination as entity_id,
        coalesce(event_id, order_id, event_name, '') || case when ordinal > 1 then '#' || {{ as_text('ordinal') }} else '' end as field_path,
        case when accepted_attempt_count > 0 then 'recovered' else 'lost' end as defect,
        'error_class=' || coalesce(error_class, '') || ',canonical_event=' || reported_event as dimension,
        'code ' || coalesce({{ as_text('error_code') }}, '-') || '/' || coalesce({{ as_text('error_subcode') }}, '-')
        || ', HTTP ' || coalesce({{ as_text('http_status') }}, '-') as evidence,
        case when accepted_attempt_count = 0 then value end as value_at_risk, currency
    from rejected

    union all
    select
        'action_source', event_date, 'capi', dataset_id, 'server_event', entity_id, 'action_source', action_source_defect,
        'canonical_event=' || canonical_event, 'action_source ' || action_source_defect, value, currency
    from payload_rules
    where action_source_defect is not null and outcome = 'accepted'

    union all
    select
        'payload_contract', event_date, 'capi', dataset_id, 'server_event', entity_id, '', rule,
        'canonical_event=' || canonical_event, rule, value, currency
    from broken_rules

    union all
    select
        'customer_information', event_date, 'capi', dataset_id, 'server_event', entity_id, {{ identifier_object() }}, '',
        'canonical_event=purchase', {{ as_text('customer_key_count') }} || ' customer-information keys', value, currency
    from payload_rules
    where outcome = 'accepted' and canonical_event = 'purchase' and customer_key_count < {{ fewest_customer_keys() }}

    union all
    select
        'test_event_in_production', event_date, 'capi', dataset_id, 'server_event', entity_id, 'test_event_code', '',
        'canonical_event=' || canonical_event, 'live event sent with a test event code', max(value), max(currency)
    from test_deliveries
    where is_live_client or is_live_order
    group by event_date, dataset_id, entity_id, canonical_event

    union all
    select
        'secret_in_log', event_date, source, cast(null as {{ type_text() }}), 'source_field',
        source || '|' || file_name || ':' || {{ as_text('row_number') }} || '|' || secret_field, secret_field, '',
        '', 'access token in a logged field', cast(null as {{ type_money() }}), cast(null as {{ type_text() }})
    from dated_secrets
    where event_date between {{ window_start() }} and {{ window_end() }}

),

counted as (

    select
        check_id,
        event_date,
        source,
        dataset_id,
        entity_type,
        entity_id,
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
