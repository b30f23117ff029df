-- Grain: one row per delivery attempt or decision: effective consent, what the policy says, what was done.
with

deliveries as (

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
        deliveries.*,
        deliveries.source_format = 'gateway_audit' as is_gateway,
        coalesce(destinations.required_tier, 'marketing') as required_tier,
        coalesce(
            nullif(deliveries.jurisdiction, ''), deliveries.log_jurisdiction,
            {{ quoted(setting('default_jurisdiction') or setting('default_country')) }}
        ) as effective_jurisdiction,
        coalesce(deliveries.gpc, deliveries.log_gpc, false) as effective_gpc,
        -- A row that the pipeline could not parse was never sent.
        deliveries.outcome <> 'blocked'
        and not (deliveries.source_format = 'dataflow_dlq' and deliveries.outcome = 'rejected' and deliveries.error_code is null) as has_left
    from deliveries
    left join destinations on deliveries.destination = destinations.destination

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
        is_test,
        block_reason,
        server_event_key,
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
