-- Grain: one row per hashed key and verdict, of purchases compared with the CRM.
select
    payload_key,
    verdict,
    sum(event_count) as event_count
from marts.agg_hash_forensics
where
    event_date between $window_start and $window_end
    and verdict in ('matching', 'hash_mismatch')
group by
    payload_key,
    verdict
