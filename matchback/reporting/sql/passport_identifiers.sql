-- Grain: one type of identifier that belongs to the journey.
select
    identifier_type,
    count(*) as identifier_count
from marts.dim_identities
where
    canonical_digest = $digest
    and canonical_id = $canonical_id
group by identifier_type
order by identifier_type
