-- Grain: one figure of the newest fetch per dataset.
with

newest as (

    select
        dataset_id,
        max(fetched_at) as fetched_at
    from landing.meta_quality
    group by dataset_id

)

select
    quality.fetched_at,
    quality.dataset_id,
    quality.event_name,
    quality.metric,
    quality.name,
    quality.value,
    quality.goal,
    quality.potential_increase,
    quality.description
from landing.meta_quality as quality
inner join newest
    on
        quality.dataset_id = newest.dataset_id
        and quality.fetched_at = newest.fetched_at
order by
    quality.dataset_id,
    quality.event_name,
    quality.metric,
    quality.name
