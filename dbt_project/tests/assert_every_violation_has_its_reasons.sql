-- A delivery is a violation exactly when it has reasons.
{{ config(tags=['integrity']) }}

select delivery_id
from {{ ref('fct_deliveries') }}
where is_violation is null or is_violation <> ({{ list_size('violation_reasons') }} > 0)
