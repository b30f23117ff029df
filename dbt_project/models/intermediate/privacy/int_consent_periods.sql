-- Grain: one row per identifier of the consent log and decision: how long it was in force; the time before the first has number 0.
with

decisions as (

    select
        decided_at,
        user_id,
        client_id,
        jurisdiction,
        gpc,
        analytics,
        marketing,
        action,
        row_number() over (order by decided_at, file_name, decisions.row_number) as decision_number
    from {{ ref('stg_consent__decisions') }} as decisions
    where decided_at is not null

),

by_identifier as (

    select 'user ' || {{ hashed_customer_id('user_id') }} as identifier, decision_number, decided_at
    from decisions
    where user_id is not null
    union all
    select 'client ' || client_id as identifier, decision_number, decided_at
    from decisions
    where client_id is not null

),

in_force as (

    select
        identifier,
        decision_number,
        decided_at as valid_from,
        lead(decided_at) over (partition by identifier order by decision_number) as valid_to
    from by_identifier

),

before_the_first as (

    select
        identifier,
        0 as decision_number,
        cast('0001-01-01 00:00:00' as timestamp) as valid_from,
        min(decided_at) as valid_to
    from by_identifier
    group by identifier

),

periods as (

    select identifier, decision_number, valid_from, valid_to from in_force
    union all
    select identifier, decision_number, valid_from, valid_to from before_the_first

),

final as (

    select
        periods.identifier,
        periods.decision_number,
        periods.valid_from,
        coalesce(periods.valid_to, cast('9999-12-31 00:00:00' as timestamp)) as valid_to,
        decisions.decided_at,
        decisions.jurisdiction,
        decisions.gpc,
        coalesce(decisions.action = 'withdrawn', false) as is_withdrawal,
        coalesce(decisions.analytics, case when decisions.action = 'withdrawn' then false end) as analytics,
        coalesce(decisions.marketing, case when decisions.action = 'withdrawn' then false end) as marketing
    from periods
    left join decisions on periods.decision_number = decisions.decision_number
    where periods.valid_to is null or periods.valid_from < periods.valid_to

)

select * from final
