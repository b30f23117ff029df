-- Every check of the thresholds seed has a result in this run: a check that did not run is not healthy.
{{ config(tags=['integrity']) }}

select thresholds.check_id
from {{ ref('checks') }} as thresholds
left join {{ ref('fct_check_results') }} as results on thresholds.check_id = results.check_id
where results.check_id is null
