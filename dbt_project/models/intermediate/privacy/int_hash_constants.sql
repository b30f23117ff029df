-- Grain: one row per destination, dataset, key (em, ph, external_id) and hash that too many events of the window share.
with

hashes as (

    select server_event_key, destination, dataset_id, event_date, payload_key, digest, is_junk
    from {{ ref('int_payload_hashes') }}
    where payload_key in ('em', 'ph', 'external_id')

),

events_per_key as (

    select destination, dataset_id, payload_key, count(distinct server_event_key) as key_event_count
    from hashes
    group by destination, dataset_id, payload_key

),

events_per_hash as (

    select
        destination,
        dataset_id,
        payload_key,
        digest,
        min(event_date) as event_date,
        count(distinct server_event_key) as event_count
    from hashes
    where digest is not null and not is_junk
    group by destination, dataset_id, payload_key, digest

),

constants as (

    select
        events_per_hash.destination,
        events_per_hash.dataset_id,
        events_per_hash.payload_key,
        events_per_hash.digest,
        events_per_hash.event_date,
        events_per_hash.event_count,
        events_per_key.key_event_count
    from events_per_hash
    inner join events_per_key
        on
            events_per_hash.destination = events_per_key.destination
            and events_per_hash.dataset_id = events_per_key.dataset_id
            and events_per_hash.payload_key = events_per_key.payload_key
    where events_per_hash.event_count >= 20 and events_per_hash.event_count > 0.01 * events_per_key.key_event_count

)

select * from constants
