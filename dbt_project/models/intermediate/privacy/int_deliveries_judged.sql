-- Grain: one row per delivery attempt or decision: effective consent, what the policy says, what was done.
with

attempts as (

    select
        attempt_id, event_date, received_at, destination, dataset_id, source_format, request_id, event_name, canonical_event,
        event_id, order_id, value, currency, outcome, error_class, error_code, error_subcode, http_status, is_test,
        consent_necessary, consent_analytics, consent_marketing, jurisdiction, gpc, consent_basis, block_reason,
        fields_sent, fields_stripped
    from {{ ref('int_delivery_attempts') }}

),

linked as (

    select * from {{ ref('int_deliveries_linked') }}

),

in_force as (

    select * from {{ ref('int_consent_in_force') }}

),

destinations as (

    select destination, required_tier from {{ ref('destination_policy') }}

),

jurisdiction_rules as (

    select jurisdiction, consent_model, is_gpc_binding from {{ ref('jurisdictions') }}

),

evidence as (

    select
        attempts.*,
        linked.delivery_key,
        linked.request_key,
        linked.event_date as reported_date,
        linked.client_event_key,
        linked.canonical_id,
        linked.ads_storage,
        linked.analytics_storage,
        attempts.source_format = 'gateway_audit' as is_gateway,
        in_force.attempt_id is not null as is_in_log,
        coalesce(in_force.has_decision, false) as has_decision,
        coalesce(in_force.is_withdrawal, false) as is_withdrawal,
        in_force.decided_at,
        in_force.analytics as log_analytics,
        in_force.marketing as log_marketing,
        coalesce(destinations.required_tier, 'marketing') as required_tier,
        coalesce(
            nullif(attempts.jurisdiction, ''), in_force.jurisdiction,
            {{ quoted(var('default_jurisdiction') or var('default_country')) }}
        ) as effective_jurisdiction,
        coalesce(attempts.gpc, in_force.gpc, false) as effective_gpc,
        -- A row that Meta's pipeline could not parse was never sent.
        attempts.outcome <> 'blocked'
        and not (attempts.source_format = 'dataflow_dlq' and attempts.outcome = 'rejected' and attempts.error_code is null) as has_left
    from attempts
    inner join linked on attempts.attempt_id = linked.attempt_id and attempts.destination = linked.destination
    left join in_force on attempts.attempt_id = in_force.attempt_id
    left join destinations on attempts.destination = destinations.destination

),

effective as (

    select
        evidence.*,
        {{ effective_consent('log_analytics', 'consent_analytics', 'analytics_storage') }} as effective_analytics,
        {{ effective_consent('log_marketing', 'consent_marketing', 'ads_storage') }} as effective_marketing,
        coalesce(jurisdiction_rules.consent_model, 'opt_in') as consent_model,
        coalesce(jurisdiction_rules.is_gpc_binding, false) as is_gpc_binding
    from evidence
    left join jurisdiction_rules on upper(evidence.effective_jurisdiction) = jurisdiction_rules.jurisdiction

),

tiered as (

    select
        *,
        case required_tier
            when 'necessary' then 'granted'
            when 'analytics' then effective_analytics
            else effective_marketing
        end as effective_state,
        case
            when has_decision and is_gateway then 'log and gateway'
            when has_decision then 'log'
            when is_gateway then 'gateway'
            when is_in_log then 'none before the first choice'
            when coalesce(ads_storage, analytics_storage) is not null then 'ga4'
            else 'none'
        end as consent_evidence
    from effective

),

decided as (

    select
        *,
        case
            when required_tier = 'marketing' and is_gpc_binding and effective_gpc then 'gpc'
            when consent_model = 'opt_out' and effective_state <> 'denied' then ''
            when effective_state = 'granted' then ''
            when is_withdrawal then 'withdrawn'
            when effective_state = 'denied' then 'no_consent'
            when is_in_log and not has_decision then 'pre_consent'
            else 'unknown_consent'
        end as block_because
    from tiered

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
        error_class,
        error_code,
        error_subcode,
        http_status,
        is_test,
        consent_necessary,
        consent_analytics,
        consent_marketing,
        consent_basis,
        block_reason,
        fields_sent,
        fields_stripped,
        delivery_key,
        request_key,
        canonical_id,
        is_gateway,
        required_tier,
        effective_jurisdiction,
        effective_gpc,
        effective_state,
        consent_evidence,
        block_because,
        case when block_because = '' then 'allow' else 'block' end as policy_decision,
        case
            when is_test or not has_left then ''
            when block_because <> '' then block_because
            when is_gateway and consent_basis is distinct from required_tier then 'basis_mismatch'
            else ''
        end as violation,
        not is_test and outcome = 'blocked' and block_because = '' as is_over_blocked,
        case
            when block_because = 'withdrawn' and has_left then {{ seconds_between('decided_at', 'received_at') }}
        end as seconds_since_withdrawal
    from decided

)

select * from final
