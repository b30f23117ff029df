-- Grain: one row per date, canonical event, destination, dataset, device category, browser, country and campaign of the client.
with

events as (

    select
        *,
        case when in_client then coalesce(device_category, '(not set)') else '(server only)' end as device_segment,
        case when in_client then coalesce(browser, '(not set)') else '(server only)' end as browser_segment,
        case when in_client then coalesce(country, '(not set)') else '(server only)' end as country_segment,
        case when in_client then coalesce(campaign, '(not set)') else '(server only)' end as campaign_segment
    from {{ ref('int_reconciled_events') }}
    where not is_test

),

counted as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        device_segment as device_category,
        browser_segment as browser,
        country_segment as country,
        campaign_segment as campaign,
        {{ event_health_counts() }}
    from events
    group by
        event_date, canonical_event, destination, dataset_id, device_segment, browser_segment, country_segment,
        campaign_segment

),

health as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        device_category,
        browser,
        country,
        campaign,
        {{ event_health_rates() }},
        '{{ setting("run_id") }}' as run_id
    from counted

)

select * from health
