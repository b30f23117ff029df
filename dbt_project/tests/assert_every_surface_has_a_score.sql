-- Every surface of the thresholds seed has a score in this run, and so has the whole.
{{ config(tags=['integrity']) }}

with

surfaces as (

    select surface from {{ ref('checks') }}
    union distinct
    select 'overall' as surface

)

select surfaces.surface
from surfaces
left join {{ ref('agg_health_score') }} as scores on surfaces.surface = scores.surface
where scores.surface is null
