-- The daily counts of an event and dataset are those of its published verdicts, test events aside.
{{ config(tags=['integrity']) }}

with

verdicts as (

    select
        event_date,
        canonical_event,
        dataset_id,
        {{ count_where('in_client') }} as client_count,
        {{ count_where('in_client and not is_denied') }} as consented_client_count,
        {{ count_where("server_outcome = 'accepted'") }} as server_accepted_count,
        {{ count_where('not is_final') }} = 0 as is_final
    from {{ ref('fct_reconciled_events') }}
    where not is_test
    group by event_date, canonical_event, dataset_id

)

select
    coalesce(daily.event_date, verdicts.event_date) as event_date,
    coalesce(daily.canonical_event, verdicts.canonical_event) as canonical_event,
    coalesce(daily.dataset_id, verdicts.dataset_id) as dataset_id
from {{ ref('agg_event_health_daily') }} as daily
full outer join verdicts
    on
        daily.event_date = verdicts.event_date
        and daily.canonical_event = verdicts.canonical_event
        and daily.dataset_id = verdicts.dataset_id
where
    daily.event_date is null
    or verdicts.event_date is null
    or daily.client_count <> verdicts.client_count
    or daily.consented_client_count <> verdicts.consented_client_count
    or daily.server_accepted_count <> verdicts.server_accepted_count
    or daily.is_final <> verdicts.is_final
