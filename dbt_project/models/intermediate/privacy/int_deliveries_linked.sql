-- Grain: one row per delivery attempt or decision, with the logical delivery, the event and the browser it belongs to.
with

attempts as (

    select
        attempt_id, file_name, row_number, event_date, received_at, destination, dataset_id, source_format,
        coalesce(request_id, answer_id) as request_id, event_name, canonical_event, event_id, order_id, value, currency,
        outcome, error_code, is_test, user_id, client_id, consent_analytics, consent_marketing, jurisdiction, gpc,
        consent_basis, block_reason,
        {{ server_event_key() }} as event_key,
        {% if setting('has_consent') -%}
        case when user_id is null then {{ customer_id_sent('identifiers') }} end
        {%- else -%}
        cast(null as {{ type_text() }})
        {%- endif %} as external_id
    from {{ ref('int_delivery_attempts') }}

),

sides as (

    select server_event_key, event_date, client_user_id, user_pseudo_id, ads_storage, analytics_storage
    from {{ ref('int_reconciled_sides') }}
    where server_event_key is not null

),

-- Destinations that are not reconciled share the record, and with it the event, of the gateway's decision on one that is.
records_of_others as (

    select distinct file_name, row_number
    from attempts
    where source_format = 'gateway_audit' and not {{ is_reconciled('destination') }}

),

records_of_reconciled as (

    select attempts.file_name, attempts.row_number, min(attempts.event_key) as event_key
    from attempts
    inner join records_of_others
        on attempts.file_name = records_of_others.file_name and attempts.row_number = records_of_others.row_number
    where attempts.source_format = 'gateway_audit' and {{ is_reconciled('attempts.destination') }}
    group by attempts.file_name, attempts.row_number

),

keyed as (

    select
        attempts.*,
        case when {{ is_reconciled('attempts.destination') }} then attempts.event_key else records_of_reconciled.event_key end as server_event_key
    from attempts
    left join records_of_reconciled
        on
            not {{ is_reconciled('attempts.destination') }}
            and attempts.source_format = 'gateway_audit'
            and attempts.file_name = records_of_reconciled.file_name
            and attempts.row_number = records_of_reconciled.row_number

),

events_of_others as (

    select distinct canonical_event, event_id from keyed where server_event_key is null

),

clients as (

    select
        clients.canonical_event,
        clients.event_id,
        min(clients.event_date) as event_date,
        min(clients.user_id) as user_id,
        min(clients.user_pseudo_id) as user_pseudo_id,
        {{ strictest('clients.ads_storage') }} as ads_storage,
        {{ strictest('clients.analytics_storage') }} as analytics_storage
    from {{ ref('int_client_events') }} as clients
    inner join events_of_others
        on clients.canonical_event = events_of_others.canonical_event and clients.event_id = events_of_others.event_id
    group by clients.canonical_event, clients.event_id

),

linked as (

    select
        keyed.*,
        coalesce(sides.event_date, clients.event_date, keyed.event_date) as reported_date,
        coalesce(sides.client_user_id, clients.user_id) as browser_user_id,
        coalesce(sides.user_pseudo_id, clients.user_pseudo_id) as browser_client_id,
        coalesce(sides.ads_storage, clients.ads_storage) as ads_storage,
        coalesce(sides.analytics_storage, clients.analytics_storage) as analytics_storage
    from keyed
    left join sides on keyed.server_event_key = sides.server_event_key
    left join clients
        on
            keyed.server_event_key is null
            and keyed.canonical_event = clients.canonical_event
            and keyed.event_id = clients.event_id

),

final as (

    select
        attempt_id,
        event_date,
        reported_date,
        received_at,
        destination,
        dataset_id,
        source_format,
        request_id,
        event_name,
        canonical_event,
        event_id,
        order_id,
        value,
        currency,
        outcome,
        error_code,
        is_test,
        consent_analytics,
        consent_marketing,
        jurisdiction,
        gpc,
        consent_basis,
        block_reason,
        server_event_key,
        ads_storage,
        analytics_storage,
        'user ' || {{ hashed_customer_id('user_id') }} as user_identifier,
        'user ' || {{ hashed_customer_id(without_appendix('external_id')) }} as external_identifier,
        'client ' || client_id as client_identifier,
        case when browser_user_id is distinct from user_id then 'user ' || {{ hashed_customer_id('browser_user_id') }} end as browser_user_identifier,
        case when browser_client_id is distinct from client_id then 'client ' || browser_client_id end as browser_client_identifier
    from linked

)

select * from final
