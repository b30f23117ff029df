-- Grain: one row per delivery attempt whose person the consent log knows: the last decision at or before receipt.
with

decisions as (

    select
        decided_at,
        user_id,
        client_id,
        row_number() over (order by decided_at, file_name, decisions.row_number) as decision_number
    from {{ ref('stg_consent__decisions') }} as decisions
    where decided_at is not null

),

attempts as (

    select attempt_id, received_at, user_id, client_id, {{ json_text('payload', '$.user_data.external_id') }} as external_id
    from {{ ref('int_delivery_attempts') }}

),

linked as (

    select attempt_id, client_user_id, user_pseudo_id from {{ ref('int_deliveries_linked') }}

),

decision_identifiers as (

    select decision_number, decided_at, 'user ' || {{ hashed_customer_id('user_id') }} as identifier
    from decisions
    where user_id is not null
    union all
    select decision_number, decided_at, 'client ' || client_id as identifier
    from decisions
    where client_id is not null

),

attempt_identifiers as (

    select attempt_id, received_at, 'user ' || {{ hashed_customer_id('user_id') }} as identifier
    from attempts
    where user_id is not null
    union all
    select attempt_id, received_at, 'client ' || client_id as identifier
    from attempts
    where client_id is not null
    union all
    select attempt_id, received_at, 'user ' || {{ hashed_customer_id(without_appendix('external_id')) }} as identifier
    from attempts
    where external_id is not null
    union all
    select attempts.attempt_id, attempts.received_at, 'user ' || {{ hashed_customer_id('linked.client_user_id') }} as identifier
    from attempts
    inner join linked on attempts.attempt_id = linked.attempt_id
    where linked.client_user_id is not null
    union all
    select attempts.attempt_id, attempts.received_at, 'client ' || linked.user_pseudo_id as identifier
    from attempts
    inner join linked on attempts.attempt_id = linked.attempt_id
    where linked.user_pseudo_id is not null

),

known_identifiers as (

    select identifier, min(decision_number) as first_decision_number
    from decision_identifiers
    group by identifier

),

timeline as (

    select identifier, decided_at as happened_at, 0 as is_attempt, decision_number, cast(null as {{ type_text() }}) as attempt_id
    from decision_identifiers
    union all
    select
        attempt_identifiers.identifier,
        attempt_identifiers.received_at as happened_at,
        1 as is_attempt,
        cast(null as {{ type_integer() }}) as decision_number,
        attempt_identifiers.attempt_id
    from attempt_identifiers
    inner join known_identifiers on attempt_identifiers.identifier = known_identifiers.identifier

),

-- Decisions are numbered by time, so the largest number so far is the last decision.
replayed as (

    select
        attempt_id,
        is_attempt,
        max(decision_number) over (
            partition by identifier order by happened_at, is_attempt
            rows between unbounded preceding and current row
        ) as decision_number
    from timeline

),

in_force as (

    select attempt_id, max(decision_number) as decision_number
    from replayed
    where is_attempt = 1
    group by attempt_id

),

numbered as (

    select
        row_number() over (order by decided_at, file_name, decisions.row_number) as decision_number,
        decided_at,
        jurisdiction,
        gpc,
        analytics,
        marketing,
        action
    from {{ ref('stg_consent__decisions') }} as decisions
    where decided_at is not null

),

final as (

    select
        in_force.attempt_id,
        in_force.decision_number is not null as has_decision,
        numbered.decided_at,
        numbered.jurisdiction,
        numbered.gpc,
        coalesce(numbered.action = 'withdrawn', false) as is_withdrawal,
        coalesce(numbered.analytics, case when numbered.action = 'withdrawn' then false end) as analytics,
        coalesce(numbered.marketing, case when numbered.action = 'withdrawn' then false end) as marketing
    from in_force
    left join numbered on in_force.decision_number = numbered.decision_number

)

select * from final
