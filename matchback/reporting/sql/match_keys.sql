-- Grain: one row per dataset, canonical event and customer-information key.
select
    coverage.dataset_id,
    coverage.canonical_event,
    coverage.match_key,
    keys.label,
    keys.rank,
    keys.index_weight,
    keys.expected_effect,
    keys.advice,
    sum(coverage.event_count) as event_count,
    sum(coverage.event_with_key_count) as event_with_key_count,
    sum(coverage.hashed_count) as hashed_count
from marts.agg_match_key_coverage as coverage
inner join reference.destination_keys as keys
    on coverage.destination = keys.destination and coverage.match_key = keys.match_key
where coverage.event_date between $window_start and $window_end
group by
    coverage.dataset_id,
    coverage.canonical_event,
    coverage.match_key,
    keys.label,
    keys.rank,
    keys.index_weight,
    keys.expected_effect,
    keys.advice
order by
    coverage.dataset_id,
    coverage.canonical_event,
    keys.rank
