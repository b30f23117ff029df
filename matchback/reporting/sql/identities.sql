-- Grain: one row per identifier type, of the identifiers seen in the window and the 48 hours around it.
select
    identifier_type,
    count(*) as identifier_count,
    count(distinct canonical_id) as journey_count,
    sum(case when is_shared then 1 else 0 end) as shared_count
from marts.dim_identities
where
    last_seen_at >= cast($inputs_start as timestamp)
    and cast(first_seen_at as date) <= $inputs_end
group by identifier_type
