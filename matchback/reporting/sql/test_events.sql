-- Grain: one row per date, canonical event and dataset: pairs that validate end to end.
select
    event_date,
    canonical_event,
    dataset_id,
    count(*) as pair_count,
    min(client_event_id) as example_event_id
from marts.fct_reconciled_events
where
    event_date between $window_start and $window_end
    and canonical_event in ('page_view', 'view_item', 'add_to_cart', 'begin_checkout', 'purchase', 'generate_lead')
    and in_client
    and in_server
    and server_outcome = 'accepted'
    and match_method = 'event_id'
    and client_event_id = server_event_id
    and abs(seconds_apart) <= 300
    and (canonical_event <> 'purchase' or order_id is not null)
    and (
        canonical_event in ('page_view', 'generate_lead')
        or (client_value is not null and client_currency is not null)
    )
group by
    event_date,
    canonical_event,
    dataset_id
order by
    event_date,
    dataset_id,
    canonical_event
