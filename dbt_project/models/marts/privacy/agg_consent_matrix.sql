-- Grain: one row per date, destination, required tier and effective consent; 'no decision' counts records without one.
with

deliveries as (

    select
        event_date, destination, required_tier, effective_state, outcome, policy_decision, violation, source_format, request_id
    from {{ ref('int_deliveries_judged') }}
    where not is_test and event_date between {{ window_start() }} and {{ window_end() }}

),

destinations as (

    select destination, required_tier from {{ ref('destination_policy') }}

),

decided as (

    select
        event_date,
        destination,
        required_tier,
        effective_state as effective_consent,
        count(*) as delivery_count,
        {{ count_where("outcome <> 'blocked'") }} as sent_count,
        {{ count_where("outcome = 'blocked'") }} as blocked_count,
        {{ count_where("violation <> '' and policy_decision = 'block'") }} as leaked_count,
        {{ count_where("outcome = 'blocked' and policy_decision = 'allow'") }} as over_blocked_count,
        {{ count_where("violation <> '' and policy_decision = 'allow'") }} as basis_mismatch_count,
        cast(0 as {{ type_integer() }}) as missing_decision_count
    from deliveries
    group by event_date, destination, required_tier, effective_state

),

records as (

    select distinct event_date, request_id
    from deliveries
    where source_format = 'gateway_audit' and request_id is not null

),

-- Every destination the gateway decided on in the window is one it has to decide on each time.
configured as (

    select distinct destination, required_tier
    from deliveries
    where source_format = 'gateway_audit'

),

record_decisions as (

    select distinct event_date, request_id, destination
    from deliveries
    where source_format = 'gateway_audit' and request_id is not null

),

undecided as (

    select
        records.event_date,
        configured.destination,
        configured.required_tier,
        'no decision' as effective_consent,
        cast(0 as {{ type_integer() }}) as delivery_count,
        cast(0 as {{ type_integer() }}) as sent_count,
        cast(0 as {{ type_integer() }}) as blocked_count,
        cast(0 as {{ type_integer() }}) as leaked_count,
        cast(0 as {{ type_integer() }}) as over_blocked_count,
        cast(0 as {{ type_integer() }}) as basis_mismatch_count,
        count(*) as missing_decision_count
    from records
    cross join configured
    left join record_decisions
        on
            records.event_date = record_decisions.event_date
            and records.request_id = record_decisions.request_id
            and configured.destination = record_decisions.destination
    where record_decisions.request_id is null
    group by records.event_date, configured.destination, configured.required_tier

),

combined as (

    select * from decided
    union all
    select * from undecided

),

final as (

    select
        combined.event_date,
        combined.destination,
        destinations.destination is not null as is_known_destination,
        combined.required_tier,
        combined.effective_consent,
        cast(combined.delivery_count as {{ type_integer() }}) as delivery_count,
        combined.sent_count,
        combined.blocked_count,
        combined.leaked_count,
        combined.over_blocked_count,
        combined.basis_mismatch_count,
        cast(combined.missing_decision_count as {{ type_integer() }}) as missing_decision_count,
        '{{ setting("run_id") }}' as run_id
    from combined
    left join destinations on combined.destination = destinations.destination

)

select * from final
