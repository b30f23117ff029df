-- Grain: one row per delivery attempt or decision, with the logical delivery, the event and the browser it belongs to.
with

attempts as (

    select
        *,
        {{ server_event_key() }} as event_key
    from {{ ref('int_delivery_attempts') }}

),

sides as (

    select server_event_key, client_event_key, event_date, canonical_event, client_user_id, user_pseudo_id, ads_storage, analytics_storage
    from {{ ref('int_reconciled_sides') }}
    where server_event_key is not null

),

journeys as (

    select
        sides.server_event_key,
        min(coalesce(clients.canonical_id, servers.canonical_id)) as canonical_id
    from sides
    left join {{ ref('int_client_identities') }} as clients on sides.client_event_key = clients.client_event_key
    left join {{ ref('int_server_identities') }} as servers on sides.server_event_key = servers.server_event_key
    group by sides.server_event_key

),

meta_attempts as (

    select
        attempts.attempt_id,
        attempts.file_name,
        attempts.row_number,
        attempts.source_format,
        attempts.event_key,
        sides.event_date,
        sides.client_event_key,
        sides.client_user_id,
        sides.user_pseudo_id,
        sides.ads_storage,
        sides.analytics_storage,
        journeys.canonical_id
    from attempts
    left join sides on attempts.event_key = sides.server_event_key
    left join journeys on attempts.event_key = journeys.server_event_key
    where attempts.destination = 'meta_capi'

),

records_of_meta as (

    select
        file_name,
        row_number,
        min(event_date) as event_date,
        min(client_event_key) as client_event_key,
        min(client_user_id) as client_user_id,
        min(user_pseudo_id) as user_pseudo_id,
        {{ strictest('ads_storage') }} as ads_storage,
        {{ strictest('analytics_storage') }} as analytics_storage,
        min(canonical_id) as canonical_id
    from meta_attempts
    where source_format = 'gateway_audit'
    group by file_name, row_number

),

clients as (

    select
        canonical_event,
        event_id,
        min(event_date) as event_date,
        min(client_event_key) as client_event_key,
        min(user_id) as user_id,
        min(user_pseudo_id) as user_pseudo_id,
        {{ strictest('ads_storage') }} as ads_storage,
        {{ strictest('analytics_storage') }} as analytics_storage
    from {{ ref('int_client_events') }}
    where event_id is not null
    group by canonical_event, event_id

),

linked as (

    select
        attempts.attempt_id,
        attempts.destination,
        coalesce(
            meta_attempts.event_date, records_of_meta.event_date, clients.event_date, attempts.event_date
        ) as event_date,
        coalesce(meta_attempts.client_event_key, records_of_meta.client_event_key, clients.client_event_key) as client_event_key,
        coalesce(meta_attempts.client_user_id, records_of_meta.client_user_id, clients.user_id) as client_user_id,
        coalesce(meta_attempts.user_pseudo_id, records_of_meta.user_pseudo_id, clients.user_pseudo_id) as user_pseudo_id,
        coalesce(meta_attempts.ads_storage, records_of_meta.ads_storage, clients.ads_storage) as ads_storage,
        coalesce(meta_attempts.analytics_storage, records_of_meta.analytics_storage, clients.analytics_storage) as analytics_storage,
        coalesce(meta_attempts.canonical_id, records_of_meta.canonical_id) as canonical_id,
        coalesce(attempts.request_id, attempts.fbtrace_id, attempts.attempt_id) || '|' || attempts.destination as request_key,
        attempts.destination || '|' || attempts.event_key as delivery_key
    from attempts
    left join meta_attempts on attempts.attempt_id = meta_attempts.attempt_id and attempts.destination = 'meta_capi'
    left join records_of_meta
        on
            attempts.source_format = 'gateway_audit'
            and attempts.destination <> 'meta_capi'
            and attempts.file_name = records_of_meta.file_name
            and attempts.row_number = records_of_meta.row_number
    left join clients
        on
            attempts.destination <> 'meta_capi'
            and records_of_meta.file_name is null
            and attempts.canonical_event = clients.canonical_event
            and attempts.event_id = clients.event_id

)

select * from linked
