-- A date is final or not as a whole, and no date is provisional before a final one.
{{ config(tags=['integrity']) }}

with

last_final as (

    select max(event_date) as event_date from {{ ref('fct_reconciled_events') }} where is_final

)

select events.reconciled_event_id
from {{ ref('fct_reconciled_events') }} as events
cross join last_final
where not events.is_final and events.event_date <= last_final.event_date
