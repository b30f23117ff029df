-- Grain: one row per violating thing of the consent checks.
with

deliveries as (

    select
        *,
        coalesce(request_id, attempt_id) || '|' || destination as request_key
    from {{ ref('int_deliveries_judged') }}
    where reported_date between {{ window_start() }} and {{ window_end() }}

),

not_allowed as (

    select attempt_id, field_name from {{ ref('int_fields_not_allowed') }}

),

desyncs as (

    select * from {{ ref('int_consent_desyncs') }}
    where is_marketing_desync or is_analytics_desync

),

consent_rows as (

    select event_date, file_name, row_number, analytics, marketing, notice_version
    from {{ ref('stg_consent__decisions') }}
    where event_date between {{ window_start() }} and {{ window_end() }}

),

violating as (

    select
        deliveries.*,
        coalesce(not_allowed.field_name, '') as field_name
    from deliveries
    left join not_allowed on deliveries.attempt_id = not_allowed.attempt_id
    where
        deliveries.violation <> ''
        or deliveries.is_over_blocked
        or not_allowed.field_name is not null
        or (deliveries.outcome = 'blocked' and deliveries.block_reason is null)

),

violating_requests as (

    select distinct request_key from violating

),

-- A request that carried several events or went to several datasets does not tell them apart.
shared_requests as (

    select deliveries.request_key
    from deliveries
    inner join violating_requests on deliveries.request_key = violating_requests.request_key
    group by deliveries.request_key
    having count(distinct deliveries.dataset_id || '|' || coalesce(deliveries.event_id, deliveries.order_id, deliveries.attempt_id)) > 1

),

named as (

    select
        violating.*,
        violating.destination || '|' || {{ server_event_key('violating') }} as delivery_key,
        case
            when shared_requests.request_key is null then violating.request_key
            else violating.request_key || '|' || violating.dataset_id || '|' || coalesce(violating.event_id, violating.attempt_id)
        end as entity_id
    from violating
    left join shared_requests on violating.request_key = shared_requests.request_key

),

-- One logical event and destination may have been tried several times: the first violating attempt stands for it.
ranked as (

    select
        named.*,
        row_number() over (
            partition by delivery_key, violation <> '', is_over_blocked order by received_at, attempt_id, field_name
        ) as attempt_rank
    from named
    where violation <> '' or is_over_blocked

),

delivery_findings as (

    select
        case when is_over_blocked then 'over_blocked' else 'consent_violation' end as check_id,
        reported_date as event_date,
        source_format,
        dataset_id,
        entity_id,
        destination as field_path,
        case when is_over_blocked then coalesce(block_reason, 'no_reason') else violation end as defect,
        destination,
        case
            when is_over_blocked then 'blocked although ' || required_tier || ' is ' || effective_state
            else outcome || ' with ' || required_tier || ' ' || effective_state || ' in ' || effective_jurisdiction
        end || ' (evidence: ' || consent_evidence || ')' as evidence,
        value,
        currency
    from ranked
    where attempt_rank = 1

),

field_findings as (

    select
        'field_minimisation' as check_id,
        min(reported_date) as event_date,
        min(source_format) as source_format,
        min(dataset_id) as dataset_id,
        entity_id,
        field_name as field_path,
        'not_allowed' as defect,
        min(destination) as destination,
        'the policy of ' || min(destination) || ' does not allow this field' as evidence,
        cast(null as {{ type_money() }}) as value,
        cast(null as {{ type_text() }}) as currency
    from named
    where field_name <> ''
    group by entity_id, field_name

),

unexplained_blocks as (

    select
        'consent_proof' as check_id,
        min(reported_date) as event_date,
        min(source_format) as source_format,
        min(dataset_id) as dataset_id,
        entity_id,
        '' as field_path,
        'blocked_without_reason' as defect,
        min(destination) as destination,
        'blocked without a logged reason' as evidence,
        cast(null as {{ type_money() }}) as value,
        cast(null as {{ type_text() }}) as currency
    from named
    where outcome = 'blocked' and block_reason is null
    group by entity_id

),

of_deliveries as (

    select * from delivery_findings
    union all
    select * from field_findings
    union all
    select * from unexplained_blocks

),

findings as (

    select
        check_id,
        event_date,
        source_format as source,
        dataset_id,
        'delivery' as entity_type,
        entity_id,
        field_path,
        defect,
        'destination=' || destination || ',dataset_id=' || dataset_id as dimension,
        evidence,
        value as value_at_risk,
        currency
    from of_deliveries
    union all
    select
        'consent_desync' as check_id,
        event_date,
        'gateway_audit' as source,
        dataset_id,
        'server_event' as entity_type,
        entity_id,
        '' as field_path,
        case
            when is_marketing_desync and is_analytics_desync then 'marketing_and_analytics'
            when is_marketing_desync then 'marketing'
            else 'analytics'
        end as defect,
        {{ event_dimension('canonical_event', 'dataset_id') }} as dimension,
        'GA4 privacy_info and the gateway disagree' as evidence,
        value as value_at_risk,
        currency
    from desyncs
    union all
    select
        'consent_proof' as check_id,
        event_date,
        'consent' as source,
        cast(null as {{ type_text() }}) as dataset_id,
        'consent_row' as entity_type,
        file_name || ':' || {{ as_text('row_number') }} as entity_id,
        'notice_version' as field_path,
        'granted_without_notice_version' as defect,
        '' as dimension,
        'a granted tier without the notice that was shown' as evidence,
        cast(null as {{ type_money() }}) as value_at_risk,
        cast(null as {{ type_text() }}) as currency
    from consent_rows
    where (analytics or marketing) and notice_version is null

),

final as (

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
        value_at_risk,
        currency
    from findings

)

select * from final
