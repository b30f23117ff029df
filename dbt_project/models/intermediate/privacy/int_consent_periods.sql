-- Grain: one row per identifier of a delivery in the consent log and decision: how long it was in force; the time before the
-- first has number 0. The log is kept whole, and read whole, as a choice may be years old: only persons of deliveries go on.
{%- set identifiers = ['user_identifier', 'external_identifier', 'client_identifier', 'browser_user_identifier', 'browser_client_identifier'] %}
with

persons as (

    {% for identifier in identifiers %}
    select {{ identifier }} as identifier from {{ ref('int_deliveries_linked') }} where {{ identifier }} is not null
    {{ 'union distinct' if not loop.last }}
    {% endfor %}

),

decisions as (

    select decided_at, file_name, row_number, user_id, client_id, jurisdiction, gpc, analytics, marketing, action
    from {{ ref('stg_consent__decisions') }}
    where decided_at is not null

),

named as (

    select 'user ' || {{ hashed_customer_id('user_id') }} as identifier, decisions.*
    from decisions
    where user_id is not null
    union all
    select 'client ' || client_id as identifier, decisions.*
    from decisions
    where client_id is not null

),

numbered as (

    select
        named.identifier,
        named.decided_at,
        named.jurisdiction,
        named.gpc,
        named.analytics,
        named.marketing,
        named.action,
        dense_rank() over (order by named.decided_at, named.file_name, named.row_number) as decision_number
    from named
    inner join persons on named.identifier = persons.identifier

),

in_force as (

    select
        identifier,
        decision_number,
        decided_at as valid_from,
        lead(decided_at) over (partition by identifier order by decision_number) as valid_to,
        decided_at,
        jurisdiction,
        gpc,
        action,
        analytics,
        marketing
    from numbered

),

before_the_first as (

    select identifier, min(decided_at) as valid_to
    from numbered
    group by identifier

),

periods as (

    select * from in_force
    union all
    select
        identifier,
        0 as decision_number,
        cast('0001-01-01 00:00:00' as timestamp) as valid_from,
        valid_to,
        cast(null as timestamp) as decided_at,
        cast(null as {{ type_text() }}) as jurisdiction,
        cast(null as boolean) as gpc,
        cast(null as {{ type_text() }}) as action,
        cast(null as boolean) as analytics,
        cast(null as boolean) as marketing
    from before_the_first

),

final as (

    select
        identifier,
        decision_number,
        valid_from,
        coalesce(valid_to, cast('9999-12-31 00:00:00' as timestamp)) as valid_to,
        decided_at,
        jurisdiction,
        gpc,
        coalesce(action = 'withdrawn', false) as is_withdrawal,
        coalesce(analytics, case when action = 'withdrawn' then false end) as analytics,
        coalesce(marketing, case when action = 'withdrawn' then false end) as marketing
    from periods
    where valid_to is null or valid_from < valid_to

)

select * from final
