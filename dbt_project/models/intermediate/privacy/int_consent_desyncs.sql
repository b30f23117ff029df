-- Grain: one row per matched event of the window whose server side is a gateway record: client and server consent side by side.
with

matched as (

    select
        reconciled_event_id, event_date, canonical_event, dataset_id, client_event_id, server_event_key,
        ads_storage, analytics_storage, client_value, client_currency
    from {{ ref('int_reconciled_events') }}
    where in_client and in_server and not is_test_delivery

),

servers as (

    select
        servers.server_event_key,
        servers.attempt_id,
        servers.consent_analytics,
        servers.consent_marketing,
        servers.file_name,
        servers.row_number,
        {{ destination_prefix('servers.destination') }} || servers.dataset_id || '|' || coalesce(servers.canonical_event, servers.event_name, 'unknown') || '|'
        || coalesce(servers.event_id, servers.order_id, servers.attempt_id) as entity_id
    from {{ ref('int_server_events') }} as servers
    where servers.source_format = 'gateway_audit'

),

records_with_ga4 as (

    select distinct file_name, row_number
    from {{ ref('int_delivery_attempts') }}
    where source_format = 'gateway_audit' and destination = 'ga4'

),

compared as (

    select
        matched.reconciled_event_id,
        matched.event_date,
        matched.canonical_event,
        matched.dataset_id,
        servers.entity_id,
        matched.client_value as value,
        matched.client_currency as currency,
        matched.ads_storage is distinct from servers.consent_marketing as is_marketing_desync,
        records_with_ga4.file_name is not null
        and matched.analytics_storage is distinct from servers.consent_analytics as is_analytics_desync
    from matched
    inner join servers on matched.server_event_key = servers.server_event_key
    left join records_with_ga4
        on servers.file_name = records_with_ga4.file_name and servers.row_number = records_with_ga4.row_number

)

select * from compared
