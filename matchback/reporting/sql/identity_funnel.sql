-- Grain: one row per dataset, match method and whether a canonical id is known and its sides are linked, conversions only.
select
    dataset_id,
    match_method,
    canonical_id is not null as has_canonical_id,
    array_to_string(reasons, ',') like '%identities_unlinked%' as has_unlinked_identities,
    in_client,
    in_server,
    count(*) as event_count
from marts.fct_reconciled_events
where
    event_date between $window_start and $window_end
    and is_conversion
group by
    dataset_id,
    match_method,
    canonical_id is not null,
    array_to_string(reasons, ',') like '%identities_unlinked%',
    in_client,
    in_server
