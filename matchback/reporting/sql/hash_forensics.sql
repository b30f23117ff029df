-- Grain: one row per hashed key, verdict and form, of purchases compared with the CRM.
select
    payload_key,
    verdict,
    form,
    sum(event_count) as event_count,
    sum(recoverable_count) as recoverable_count
from marts.agg_hash_forensics
where
    event_date between $window_start and $window_end
    and verdict in ('matching', 'hash_mismatch')
group by
    payload_key,
    verdict,
    form
order by
    payload_key,
    verdict,
    event_count desc,
    form
