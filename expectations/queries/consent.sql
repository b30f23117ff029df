-- Grain: one row.
with

bounds as (

    select cast($first_date as date) as first_date, cast($last_date as date) as last_date

),

loads as (

    select distinct file_name from landing.load_ledger where source = 'consent' and error is null

)

select
    count(*) as row_count,
    sum(case when decisions.decided_at is null then 1 else 0 end) as undated,
    sum(case when loads.file_name is null then 1 else 0 end) as unledgered,
    sum(case when decisions.action in ('given', 'updated', 'withdrawn') then 0 else 1 end) as unknown_action,
    sum(case when decisions.user_id is null and decisions.client_id is null then 1 else 0 end) as anonymous
from landing.consent_log as decisions
cross join bounds
left join loads on decisions.file_name = loads.file_name
where
    decisions.decided_at is null
    or cast(decisions.decided_at as date) between bounds.first_date - 1 and bounds.last_date + 2
