-- Grain: one delivery decision or attempt per event and destination.
-- A view: publication copies it, so the rows are written once.
{{ config(materialized='view') }}

with

deliveries as (

    select * from {{ ref('int_deliveries_judged') }}
    where event_date between {{ window_start() }} and {{ window_end() }}

),

journeys as (

    select server_event_key, canonical_id from {{ ref('int_reconciled_events') }}
    where server_event_key is not null

),

final as (

    select
        attempt_id as delivery_id,
        deliveries.event_date,
        received_at as delivered_at,
        destination,
        dataset_id,
        source_format,
        request_id,
        canonical_event,
        event_name,
        event_id,
        order_id,
        journeys.canonical_id,
        outcome,
        error_class,
        error_code,
        error_subcode,
        http_status,
        is_test,
        consent_necessary,
        consent_analytics,
        consent_marketing,
        effective_state as effective_consent,
        consent_evidence,
        effective_jurisdiction as jurisdiction,
        effective_gpc as gpc,
        required_tier,
        consent_basis,
        policy_decision,
        case when block_because <> '' then block_because end as policy_reason,
        violation <> '' as is_violation,
        {{ present_only(text_list(["case when violation <> '' then violation end"])) }} as violation_reasons,
        fields_sent,
        fields_stripped,
        block_reason,
        seconds_since_withdrawal,
        '{{ setting("run_id") }}' as run_id
    from deliveries
    left join journeys on deliveries.server_event_key = journeys.server_event_key

)

select * from final
