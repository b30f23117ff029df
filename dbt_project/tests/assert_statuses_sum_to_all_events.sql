-- Every reconciled event has exactly one status: per dataset and day the statuses sum to the events.
{{ config(tags=['integrity']) }}

with

totals as (

    select dataset_id, event_date, count(*) as event_count, count(distinct reconciled_event_id) as distinct_count, count(status) as status_count
    from {{ ref('fct_reconciled_events') }}
    group by dataset_id, event_date

)

select * from totals
where event_count <> distinct_count or event_count <> status_count
