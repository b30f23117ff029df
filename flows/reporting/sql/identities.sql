-- Grain: one row per identifier type.
select
    identifier_type,
    count(*) as identifier_count,
    count(distinct canonical_id) as journey_count,
    sum(case when is_shared then 1 else 0 end) as shared_count
from marts.dim_identities
group by identifier_type
