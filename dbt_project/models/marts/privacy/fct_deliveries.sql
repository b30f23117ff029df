-- Grain: one delivery decision or attempt per event and destination.
-- A view: publication copies it, so the rows are written once.
{{ config(materialized='view') }}

with

deliveries as (

    select * from {{ ref('int_deliveries_judged') }}
    where event_date between {{ window_start() }} and {{ window_end() }}

),

attempts as (

    select
        attempt_id, request_id, error_class, error_code, error_subcode, http_status, consent_necessary, consent_analytics,
        consent_marketing, consent_basis, fields_sent, fields_stripped
    from {{ ref('int_delivery_attempts') }}

),

journeys as (

    select server_event_key, canonical_id from {{ ref('int_reconciled_events') }}
    where server_event_key is not null

),

final as (

    select
        deliveries.attempt_id as delivery_id,
        deliveries.event_date,
        received_at as delivered_at,
        deliveries.destination,
        deliveries.dataset_id,
        deliveries.source_format,
        attempts.request_id,
        deliveries.canonical_event,
        deliveries.event_name,
        deliveries.event_id,
        deliveries.order_id,
        journeys.canonical_id,
        deliveries.outcome,
        attempts.error_class,
        attempts.error_code,
        attempts.error_subcode,
        attempts.http_status,
        deliveries.is_test,
        attempts.consent_necessary,
        attempts.consent_analytics,
        attempts.consent_marketing,
        effective_state as effective_consent,
        consent_evidence,
        effective_jurisdiction as jurisdiction,
        effective_gpc as gpc,
        deliveries.required_tier,
        attempts.consent_basis,
        deliveries.policy_decision,
        case when block_because <> '' then block_because end as policy_reason,
        violation <> '' as is_violation,
        {{ present_only(text_list(["case when violation <> '' then violation end"])) }} as violation_reasons,
        attempts.fields_sent,
        attempts.fields_stripped,
        deliveries.block_reason,
        deliveries.seconds_since_withdrawal,
        '{{ setting("run_id") }}' as run_id
    from deliveries
    inner join attempts on deliveries.attempt_id = attempts.attempt_id
    left join journeys on deliveries.server_event_key = journeys.server_event_key

)

select * from final
