-- Grain: one row per logical server event: destination, dataset, canonical event, event id and order id; test events apart.
with

attempts as (

    select * from {{ ref('int_delivery_attempts') }}
    where {{ is_reconciled('destination') }}

),

keyed as (

    select
        attempt_id,
        outcome,
        consent_marketing,
        received_at,
        {{ server_event_key() }} as server_event_key
    from attempts

),

-- Counted and chosen without the payloads, which are wide.
counted as (

    select
        attempt_id,
        server_event_key,
        count(*) over (partition by server_event_key) as attempt_count,
        sum(case when outcome = 'accepted' then 1 else 0 end) over (partition by server_event_key) as accepted_attempt_count,
        max(case when consent_marketing = false then 1 else 0 end) over (partition by server_event_key) as denied_count,
        row_number() over (
            partition by server_event_key
            order by
                case when outcome = 'accepted' then 0 else 1 end,
                case when outcome = 'accepted' then {{ seconds_between(window_opens_at(), 'received_at') }} else -{{ seconds_between(window_opens_at(), 'received_at') }} end,
                attempt_id
        ) as preference
    from keyed

),

chosen as (

    select attempt_id, server_event_key, attempt_count, accepted_attempt_count, denied_count
    from counted
    where preference = 1

),

logical as (

    select
        chosen.server_event_key,
        attempts.destination,
        attempts.dataset_id,
        attempts.canonical_event,
        attempts.event_name,
        attempts.event_id,
        attempts.order_id,
        {{ order_key('attempts.order_id') }} as order_key,
        attempts.outcome,
        attempts.error_class,
        cast(chosen.attempt_count as {{ type_integer() }}) as attempt_count,
        cast(chosen.accepted_attempt_count as {{ type_integer() }}) as accepted_attempt_count,
        attempts.event_at,
        attempts.received_at,
        {{ local_date('attempts.event_at') }} as event_date,
        attempts.value,
        upper(trim(attempts.currency)) as currency,
        attempts.action_source,
        attempts.event_source_url,
        attempts.has_payload,
        attempts.payload_currency,
        attempts.identifiers,
        attempts.present_fields,
        attempts.unknown_keys,
        attempts.event_time_defect,
        attempts.payload_paths,
        attempts.attempt_id,
        attempts.source_format,
        attempts.file_name,
        attempts.row_number,
        attempts.is_test,
        attempts.user_id,
        attempts.client_id,
        attempts.consent_analytics,
        attempts.consent_marketing,
        chosen.denied_count = 1 as is_gateway_denied
    from attempts
    inner join chosen on attempts.attempt_id = chosen.attempt_id

)

select * from logical
