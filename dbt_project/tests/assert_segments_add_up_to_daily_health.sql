-- The segments of a day, event and dataset add up to its daily counts.
{{ config(tags=['integrity']) }}

with

segments as (

    select
        event_date,
        canonical_event,
        destination,
        dataset_id,
        sum(client_count) as client_count,
        sum(server_accepted_count) as server_accepted_count,
        sum(pair_count) as pair_count
    from {{ ref('agg_event_health_segments') }}
    group by event_date, canonical_event, destination, dataset_id

)

select daily.event_date, daily.canonical_event, daily.destination, daily.dataset_id
from {{ ref('agg_event_health_daily') }} as daily
left join segments
    on
        daily.event_date = segments.event_date
        and daily.canonical_event = segments.canonical_event
        and daily.destination = segments.destination
        and daily.dataset_id = segments.dataset_id
where
    segments.event_date is null
    or daily.client_count <> segments.client_count
    or daily.server_accepted_count <> segments.server_accepted_count
    or daily.pair_count <> segments.pair_count
